import { endpoint } from '../topology/endpoint.ts';
import type { PlannedService } from '../plan/types.ts';
import type {
  GatewayIsDirector,
  RepliesBypassDirector,
  RepliesPassDirector,
  ReplyFromVip,
} from './claims.ts';
import { howFar } from './diagnosis.ts';
import {
  captureProblem,
  chosenServer,
  failure,
  finding,
  reachesClient,
  repliesOfServers,
  routeText,
  witness,
} from './evidence.ts';
import type { Finding, Lab } from './evidence.ts';
import { endText } from './ends.ts';
import { lossAt, type Loss } from './loss.ts';
import { innermost } from './packet.ts';
import type { Crossing, Journey, Walk } from './types.ts';

/** Whether the client of one connection was answered, and by VIP and port only. */
export function judgeSource(lab: Lab, service: PlannedService, claim: ReplyFromVip, walk: Walk): Finding {
  const arrived = walk.journeys
    .filter((journey) => journey.direction === 'reply')
    .flatMap((journey) =>
      journey.crossings.filter((c) => reachesClient(walk, c)).map((crossing) => ({ journey, crossing })),
    );
  const { vip, port } = claim.service;
  const wrong = arrived.find(({ crossing }) => sourceOf(crossing) !== endpoint(vip, port));
  if (wrong !== undefined)
    return failure(
      notFromVip(service, wrong.journey),
      `${walk.clientNode ?? 'the client'} was answered from ${sourceOf(wrong.crossing)} instead of ${endpoint(vip, port)}: the ${wrong.journey.label} went ${routeText(wrong.journey)}`,
      [witness(wrong.journey.crossings[0]), wrong.crossing.arrived],
      [],
      misrouted(service, wrong.journey),
    );
  const answer = arrived.find(({ journey }) => journey.label !== 'RST');
  if (answer === undefined) return howFar(lab, service, walk);
  return finding(
    'pass',
    `the ${answer.journey.label} reached ${walk.clientNode ?? 'the client'} from ${sourceOf(answer.crossing)}`,
    [witness(answer.journey.crossings[0]), answer.crossing.arrived ?? answer.crossing.sent],
    // That no other source answered as well.
    [walk.clientNode],
  );
}

function sourceOf(crossing: Crossing): string {
  return endText(innermost(crossing.packet), 'source');
}

/** Whether what the real server sent came by way of the director. */
export function judgePass(
  lab: Lab,
  service: PlannedService,
  claim: RepliesPassDirector,
  walk: Walk,
): Finding {
  const replies = repliesOfServers(service, walk).filter(({ journey }) => journey.joined !== true);
  const [sample] = replies;
  if (sample === undefined) return noReply(lab, service, walk);
  const past = replies.find(({ journey }) => !touches(journey, claim.directors));
  if (past !== undefined)
    return failure(
      `past-director-to-${past.first.to?.node ?? 'nobody'}`,
      `the ${past.journey.label} went ${routeText(past.journey)}, past the director`,
      past.journey.crossings.map(witness),
      [],
      misrouted(service, past.journey),
    );
  if (claim.mode !== 'nat') {
    const { vip, port } = claim.service;
    const changed = replies.find(({ first }) => sourceOf(first) !== endpoint(vip, port));
    if (changed !== undefined)
      return failure(
        'reply-not-from-vip',
        `${changed.first.from?.node ?? '?'} sent the ${changed.journey.label} from ${sourceOf(changed.first)} instead of ${endpoint(vip, port)}`,
        [witness(changed.first)],
      );
  }
  const unchanged = claim.mode === 'nat' ? '' : ', and left the real server with the VIP as their source';
  return finding(
    'pass',
    `replies went ${routeText(sample.journey)}${unchanged}`,
    sample.journey.crossings.map(witness),
    // "Every": that no reply left it another way.
    [sample.first.from?.node],
  );
}

/** Whether the frames of the real server's replies are addressed to the director. */
export function judgeGateway(
  lab: Lab,
  service: PlannedService,
  claim: GatewayIsDirector,
  walk: Walk,
): Finding {
  const replies = repliesOfServers(service, walk);
  const [sample] = replies;
  if (sample === undefined) return noReply(lab, service, walk);
  const toDirector = (c: Crossing) => c.to !== undefined && claim.directors.includes(c.to.node);
  const hop = (c: Crossing) =>
    `${c.packet.link?.destination ?? '?'} (${c.to === undefined ? 'no node of the plan' : `${c.to.node} ${c.to.device}`})`;
  const other = replies.find(({ first }) => !toDirector(first));
  if (other !== undefined)
    return failure(
      `gateway-is-${other.first.to?.node ?? 'nobody'}`,
      `${other.first.from?.node ?? '?'} sends its replies to ${hop(other.first)}, not to the director`,
      [witness(other.first)],
      [],
      misrouted(service, other.journey),
    );
  const { node } = sample.first.from ?? {};
  return finding(
    'pass',
    `${node ?? '?'} sends its replies to ${hop(sample.first)}`,
    [witness(sample.first)],
    [node],
  );
}

/**
 * Whether no reply touched a director. An absence: it counts on a director's interface only where the same capture
 * saw a request of the same connection, and elsewhere only where every reply was followed all its way to the client.
 */
export function judgeBypass(
  lab: Lab,
  service: PlannedService,
  claim: RepliesBypassDirector,
  walk: Walk,
): Finding {
  const replies = repliesOfServers(service, walk).filter(({ journey }) => journey.joined !== true);
  const caught = walk.journeys.find(
    (journey) =>
      journey.direction === 'reply' &&
      touches(journey, claim.directors) &&
      !claim.directors.includes(journey.crossings[0]?.from?.node ?? ''),
  );
  if (caught !== undefined)
    return failure(
      'by-way-of-director',
      `the ${caught.label} went ${routeText(caught)}, by way of the director`,
      caught.crossings.map(witness),
      [],
      misrouted(service, caught),
    );
  const [sample] = replies;
  if (sample === undefined) return noReply(lab, service, walk);

  const controls = walk.journeys
    .filter((journey) => journey.direction === 'request')
    .flatMap((journey) => journey.crossings.flatMap((c) => [c.arrived, c.sent]))
    .filter((o) => o !== undefined)
    .filter((o) => claim.directors.includes(o.node));
  const [control] = controls;
  if (control === undefined)
    return finding(
      'unknown',
      'no capture on a director saw the request of this connection, so that none saw a reply proves nothing',
    );
  const followed = replies.every(({ journey }) => journey.crossings.some((c) => reachesClient(walk, c)));
  const blind = lab.plan.nodes
    .filter((n) => claim.directors.includes(n.name))
    .flatMap((n) => n.interfaces.map((i) => ({ node: n.name, device: i.name })))
    .find((p) => !controls.some((o) => o.node === p.node && o.device === p.device));
  if (blind !== undefined && !followed)
    return finding(
      'unknown',
      `the capture of ${blind.node} ${blind.device} saw no request of this connection, so that it saw no reply proves nothing`,
    );
  const problem = captureProblem(lab, control.node);
  if (problem !== undefined) return finding('unknown', problem);
  return finding(
    'pass',
    `replies went ${routeText(sample.journey)}; ${control.node} saw the request and none of them`,
    [control, ...sample.journey.crossings.map(witness)],
    blind === undefined ? [] : [sample.first.from?.node],
  );
}

/** Whom the real server's first hop is: that reply went another way than the one from the same server by the director. */
function notFromVip(service: PlannedService, { crossings: [first] }: Journey): string {
  const hop = first?.to?.node ?? 'nobody';
  return service.directors.includes(hop) ? 'not-from-vip' : `not-from-vip-by-${hop}`;
}

/** The real server whose route sent a reply where it should not go. */
function misrouted(service: PlannedService, journey: Journey): Loss[] {
  const crossing = journey.crossings[0];
  const server = service.servers.find((s) => s.node === crossing?.from?.node);
  return server === undefined ? [] : lossAt('route', crossing?.from, { service, server, crossing });
}

function touches(journey: Journey, nodes: string[]): boolean {
  return journey.crossings.some((c) =>
    [c.from?.node, c.to?.node].some((node) => node !== undefined && nodes.includes(node)),
  );
}

function noReply(lab: Lab, service: PlannedService, walk: Walk): Finding {
  const server = chosenServer(service, walk)?.node ?? 'a real server';
  const { evidence } = howFar(lab, service, walk);
  return finding(
    'unknown',
    `no reply was seen to leave ${server}, so nothing shows the way that replies take`,
    evidence,
  );
}
