import type { PlannedServer, PlannedService } from '../plan/types.ts';
import { chosenServer, failure, listText, repliesOfServers, routeText, witness } from './evidence.ts';
import type { Finding, Lab } from './evidence.ts';
import { lossAt, type Loss } from './loss.ts';
import { innermost } from './packet.ts';
import { byWhat, resolutionOf } from './resolution.ts';
import type { Crossing, Journey, Walk } from './types.ts';

/** A connection and what is known of it. */
interface About {
  service: PlannedService;
  walk: Walk;
  server: PlannedServer | undefined;
}

/**
 * How far a connection came that was not answered as promised: where its packets stopped, and so whose settings tell
 * why. A fail, because the client did ask; it rests on the captures of the node where the trace ends.
 */
export function howFar(lab: Lab, service: PlannedService, walk: Walk): Finding {
  const about = { service, walk, server: chosenServer(service, walk) };
  const told = replyTrouble(lab, about) ?? requestTrouble(lab, about);
  const errors = errorText(walk);
  return errors === undefined
    ? told
    : { ...told, why: `${told.why}; ${errors.text}`, evidence: [...told.evidence, ...errors.evidence] };
}

function replyTrouble(lab: Lab, about: About): Finding | undefined {
  const { service, walk } = about;
  const fromServers = repliesOfServers(service, walk);
  const refusal = fromServers.find(({ journey }) => journey.label === 'RST');
  if (refusal !== undefined && fromServers.every(({ journey }) => journey.label === 'RST')) {
    const port = innermost(refusal.first.packet)?.tcp?.source ?? service.port;
    return failure(
      'refused',
      `${refusal.first.from?.node ?? '?'} refused the connection (RST) to its port ${port}`,
      [witness(refusal.first)],
      // That it said nothing else.
      [refusal.first.from?.node],
      lossAt('listen', refusal.first.from?.node ?? '', { ...about, crossing: requestTo(about) }),
    );
  }
  const closed = walk.journeys.find(
    (j) =>
      /^ICMP(v6)? port unreachable$/.test(j.label) &&
      service.servers.some((s) => s.node === j.crossings[0]?.from?.node),
  )?.crossings[0];
  if (fromServers.length === 0 && closed !== undefined)
    return failure(
      'refused',
      `${closed.from?.node ?? '?'} refused the datagram`,
      [witness(closed)],
      service.servers.map((server) => server.node),
      lossAt('listen', closed.from?.node ?? '', { ...about, crossing: requestTo(about) }),
    );
  const furthest = longest(fromServers.map(({ journey }) => journey));
  if (furthest !== undefined) return replyStopped(lab, about, furthest);
  const own = walk.journeys.find(
    (j) => j.direction === 'reply' && service.directors.includes(j.crossings[0]?.from?.node ?? ''),
  );
  if (own === undefined) return undefined;
  const director = own.crossings[0]?.from?.node ?? 'the director';
  return failure(
    'director-answered',
    `${director} itself answered the request (${own.label})`,
    [witness(own.crossings[0])],
    // That the request went on to no real server, and none answered.
    [director, ...service.servers.map((server) => server.node)],
    lossAt('schedule', requestTo(about)?.to ?? director, { ...about, crossing: requestTo(about) }),
  );
}

function replyStopped(lab: Lab, about: About, journey: Journey): Finding {
  const [first] = journey.crossings;
  const last = journey.crossings.at(-1);
  const what = `the ${journey.label} of ${journey.crossings[0]?.from?.node ?? '?'}`;
  if (last?.to === undefined || last.lost === true)
    return failure(
      `reply-lost-after-${last?.from?.node ?? 'unknown'}`,
      `${what} left ${placeText(last?.from)} for ${last?.packet.link?.destination ?? '?'} (${placeText(last?.to)}) and never arrived`,
      [witness(last)],
      [last?.to?.node],
      [
        ...lossAt('transmit', last?.from, { ...about, crossing: last }),
        ...lossAt('receive', last?.to, { ...about, crossing: last }),
      ],
    );
  const asked = askedInVain(lab, about.service, last.to.node);
  return failure(
    `reply-stopped-at-${last.to.node}`,
    `${what} went ${routeText(journey)} and no further${asked.text}`,
    [last.arrived ?? last.sent],
    [last.to.node],
    [
      ...(first === undefined || leadsOn(lab, about, first.to?.node)
        ? []
        : lossAt('route', first.from, { ...about, crossing: first })),
      ...(last.to.node === about.walk.clientNode || passesOn(lab, last.to.node)
        ? lossAt(last.to.node === about.walk.clientNode ? 'receive' : 'forward', last.to, {
            ...about,
            crossing: last,
          })
        : []),
      ...asked.losses,
    ],
  );
}

/** Whether a reply's first hop is one that it should take: in NAT a director, else any node that sends packets on. */
function leadsOn(lab: Lab, { service, walk, server }: About, hop: string | undefined): boolean {
  if (hop === undefined || hop === walk.clientNode || service.directors.includes(hop)) return true;
  return server?.mode !== 'nat' && passesOn(lab, hop);
}

/** Whether a node is there to send packets of others on. */
function passesOn(lab: Lab, node: string): boolean {
  return ['router', 'director'].includes(lab.plan.nodes.find((n) => n.name === node)?.role ?? '');
}

function requestTrouble(lab: Lab, about: About): Finding {
  const { service, walk, server } = about;
  const requests = walk.journeys.filter((j) => j.direction === 'request');
  const opening = requests.filter((j) => j.label === 'SYN');
  const pool = opening.length > 0 ? opening : requests;
  const journey = longest(pool);
  const last = journey?.crossings.at(-1);
  if (journey === undefined || last === undefined)
    return failure('no-request', 'no request was seen', [], [walk.clientNode]);
  const times = pool.length > 1 ? ` (${pool.length} times)` : '';
  const evidence = [last.arrived ?? last.sent];
  const atServer = journey.crossings.filter((c) => c.to !== undefined && c.to.node === server?.node);
  if (server !== undefined && atServer.length > 1) {
    return failure(
      'goes-round',
      `the ${journey.label} goes round between ${routeText({ ...journey, crossings: journey.crossings.slice(1, 3) })}, ${atServer.length} times: ${server.node} passes it on instead of taking it`,
      journey.crossings.slice(1, 4).map(witness),
      [],
      lossAt('answer', atServer[0]?.to, { ...about, crossing: atServer[0] }),
    );
  }
  const here = { ...about, crossing: last };
  if (last.to === undefined)
    return failure(
      `request-lost-after-${last.from?.node ?? 'unknown'}`,
      `the ${journey.label} left ${placeText(last.from)}${times} for MAC ${last.packet.link?.destination ?? '?'}, which no node has`,
      evidence,
      [],
      lossAt('transmit', last.from, here),
    );
  if (last.lost === true || last.arrived === undefined)
    return failure(
      `request-lost-after-${last.from?.node ?? 'unknown'}`,
      `the ${journey.label} left ${placeText(last.from)} for ${placeText(last.to)}${times} and was not seen to arrive`,
      evidence,
      [last.to.node],
      [...lossAt('transmit', last.from, here), ...lossAt('receive', last.to, here)],
    );
  const { node } = last.to;
  const asked = askedInVain(lab, service, node);
  const arp = asked.text;
  if (service.directors.includes(node))
    return failure(
      'not-scheduled',
      `the ${journey.label} reached ${placeText(last.to)}${times} and never left towards a real server${arp}`,
      evidence,
      [node],
      [...lossAt('schedule', last.to, here), ...asked.losses],
    );
  if (node === server?.node)
    return failure(
      'not-answered',
      `the ${journey.label} arrived at ${placeText(last.to)}${times} and no answer left it${arp}`,
      evidence,
      [node],
      [...lossAt('answer', last.to, here), ...asked.losses],
    );
  return failure(
    `request-stopped-at-${node}`,
    `the ${journey.label} went ${routeText(journey)}${times} and no further${arp}`,
    evidence,
    [node],
    [...lossAt('forward', last.to, here), ...asked.losses],
  );
}

/** What a node asked for by ARP or neighbour solicitation in vain, and who should have answered. */
function askedInVain(lab: Lab, service: PlannedService, node: string): { text: string; losses: Loss[] } {
  const asked = unanswered(lab, node);
  if (asked.length === 0) return { text: '', losses: [] };
  return {
    text: `; ${node} asked ${byWhat(asked[0] ?? '')} for ${listText(asked)} and nobody answered`,
    losses: asked.flatMap((address) => {
      const owner = lab.plan.nodes.find((n) =>
        n.interfaces.some((i) => i.addresses.some((a) => a.address === address)),
      );
      return owner === undefined ? [] : lossAt('own', owner.name, { service, address });
    }),
  };
}

/** The request as it came to where it was to be taken: the real server or, where it came to none, a director. */
function requestTo({ service, walk, server }: About): Crossing | undefined {
  const crossings = walk.journeys.filter((j) => j.direction === 'request').flatMap((j) => j.crossings);
  return (
    crossings.find((c) => c.to !== undefined && c.to.node === server?.node) ??
    crossings.find((c) => c.to !== undefined && service.directors.includes(c.to.node))
  );
}

/** ICMP errors about the connection: who sent them and what they say. */
function errorText(walk: Walk): { text: string; evidence: Finding['evidence'] } | undefined {
  const errors = walk.journeys.filter((j) => j.direction === 'error');
  const seen = new Map<string, Crossing>();
  for (const { label, crossings } of errors) {
    const first = crossings[0];
    if (first !== undefined) seen.set(`${first.from?.node ?? '?'} sent ${label}`, first);
  }
  if (seen.size === 0) return undefined;
  return {
    text: listText([...seen.keys()]),
    evidence: [...seen.values()].map(witness).filter((o) => o !== undefined),
  };
}

/** Addresses that a node asked for, by ARP or neighbour solicitation, without an answer in its own captures. */
export function unanswered(lab: Lab, node: string): string[] {
  const macs = new Set(
    lab.plan.nodes.find((n) => n.name === node)?.interfaces.map((i) => i.mac.toLowerCase()) ?? [],
  );
  const own = lab.observations.filter((o) => o.node === node).flatMap((o) => resolutionOf(o.packet) ?? []);
  const answered = new Set(own.filter((r) => r.operation === 'answer').map((r) => r.target));
  const asked = own
    .filter((r) => r.operation === 'question' && macs.has(r.sender.mac) && r.sender.address !== r.target)
    // Duplicate address detection hopes for no answer.
    .filter((r) => r.sender.address !== '::')
    .map((r) => r.target);
  return [...new Set(asked)].filter((address) => !answered.has(address));
}

function longest(journeys: Journey[]): Journey | undefined {
  return journeys.reduce<Journey | undefined>(
    (best, j) => (best === undefined || j.crossings.length > best.crossings.length ? j : best),
    undefined,
  );
}

function placeText(place: Crossing['to']): string {
  return place === undefined ? 'no node of the plan' : `${place.node} ${place.device}`;
}
