import { serviceName } from '../plan/service-name.ts';
import { addressFamily } from '../plan/addresses.ts';
import type { PlannedServer, PlannedService } from '../plan/types.ts';
import { chosenServer, finding, listText, repliesOfServers, routeText, witness } from './evidence.ts';
import type { Finding, Lab } from './evidence.ts';
import { innermost } from './packet.ts';
import { byWhat, resolutionOf } from './resolution.ts';
import type { Crossing, Journey, Walk } from './types.ts';

/**
 * How far a connection came that was not answered as promised: where its packets stopped, and what is worth looking
 * at there. A fail, because the client did ask; it rests on the captures of the node where the trace ends.
 */
export function howFar(lab: Lab, service: PlannedService, walk: Walk): Finding {
  const told = replyTrouble(service, walk) ?? requestTrouble(lab, service, walk);
  const errors = errorText(walk);
  return errors === undefined
    ? told
    : { ...told, why: `${told.why}; ${errors.text}`, evidence: [...told.evidence, ...errors.evidence] };
}

function replyTrouble(service: PlannedService, walk: Walk): Finding | undefined {
  const fromServers = repliesOfServers(service, walk);
  const refusal = fromServers.find(({ journey }) => journey.label === 'RST');
  if (refusal !== undefined && fromServers.every(({ journey }) => journey.label === 'RST')) {
    const port = innermost(refusal.first.packet)?.tcp?.source ?? service.port;
    return finding(
      'fail',
      `${refusal.first.from?.node ?? '?'} refused the connection (RST): nothing listens on its port ${port}`,
      [witness(refusal.first)],
      // That it said nothing else.
      [refusal.first.from?.node],
    );
  }
  const closed = walk.journeys.find(
    (j) =>
      /^ICMP(v6)? port unreachable$/.test(j.label) &&
      service.servers.some((s) => s.node === j.crossings[0]?.from?.node),
  );
  if (fromServers.length === 0 && closed !== undefined)
    return finding(
      'fail',
      `${closed.crossings[0]?.from?.node ?? '?'} refused the datagram: nothing listens there on the address and port that it was sent to`,
      [witness(closed.crossings[0])],
      service.servers.map((server) => server.node),
    );
  const furthest = longest(fromServers.map(({ journey }) => journey));
  if (furthest !== undefined) return replyStopped(service, furthest);
  const own = walk.journeys.find(
    (j) => j.direction === 'reply' && service.directors.includes(j.crossings[0]?.from?.node ?? ''),
  );
  if (own === undefined) return undefined;
  const director = own.crossings[0]?.from?.node ?? 'the director';
  return finding(
    'fail',
    `${director} itself answered the request (${own.label}): is ${serviceName(service)} a virtual service there, with a real server of weight above 0?`,
    [witness(own.crossings[0])],
    // That the request went on to no real server, and none answered.
    [director, ...service.servers.map((server) => server.node)],
  );
}

function replyStopped(service: PlannedService, journey: Journey): Finding {
  const last = journey.crossings.at(-1);
  const what = `the ${journey.label} of ${journey.crossings[0]?.from?.node ?? '?'}`;
  if (last?.to === undefined || last.lost === true)
    return finding(
      'fail',
      `${what} left ${placeText(last?.from)} for ${last?.packet.link?.destination ?? '?'} (${placeText(last?.to)}) and never arrived`,
      [witness(last)],
      [last?.to?.node],
    );
  const hint = service.directors.includes(last.to.node)
    ? ` (is ${forwarding(service)} 1 there? does a filter drop it?)`
    : '';
  return finding(
    'fail',
    `${what} went ${routeText(journey)} and no further${hint}`,
    [last.arrived ?? last.sent],
    [last.to.node],
  );
}

function requestTrouble(lab: Lab, service: PlannedService, walk: Walk): Finding {
  const requests = walk.journeys.filter((j) => j.direction === 'request');
  const opening = requests.filter((j) => j.label === 'SYN');
  const pool = opening.length > 0 ? opening : requests;
  const journey = longest(pool);
  const last = journey?.crossings.at(-1);
  if (journey === undefined || last === undefined)
    return finding('fail', 'no request was seen', [], [walk.clientNode]);
  const times = pool.length > 1 ? ` (${pool.length} times)` : '';
  const evidence = [last.arrived ?? last.sent];
  const server = chosenServer(service, walk);

  const rounds = journey.crossings.filter((c) => c.to !== undefined && c.to.node === server?.node).length;
  if (server !== undefined && rounds > 1) {
    return finding(
      'fail',
      `the ${journey.label} goes round between ${routeText({ ...journey, crossings: journey.crossings.slice(1, 3) })}, ${rounds} times: ${server.node} passes it on instead of taking it (does it own ${service.vip}?)`,
      journey.crossings.slice(1, 4).map(witness),
    );
  }
  if (last.to === undefined)
    return finding(
      'fail',
      `the ${journey.label} left ${placeText(last.from)}${times} for MAC ${last.packet.link?.destination ?? '?'}, which no node has`,
      evidence,
    );
  if (last.lost === true || last.arrived === undefined)
    return finding(
      'fail',
      `the ${journey.label} left ${placeText(last.from)} for ${placeText(last.to)}${times} and was not seen to arrive`,
      evidence,
      [last.to.node],
    );
  const { node } = last.to;
  const asked = unanswered(lab, node);
  const arp =
    asked.length === 0
      ? ''
      : `; ${node} asked ${byWhat(asked[0] ?? '')} for ${listText(asked)} and nobody answered`;
  if (service.directors.includes(node))
    return finding(
      'fail',
      `the ${journey.label} reached ${placeText(last.to)}${times} and never left towards a real server${arp}`,
      evidence,
      [node],
    );
  if (node === server?.node)
    return finding(
      'fail',
      `the ${journey.label} arrived at ${placeText(last.to)}${times} and no answer left it${arp}${serverHint(service, server)}`,
      evidence,
      [node],
    );
  return finding(
    'fail',
    `the ${journey.label} went ${routeText(journey)}${times} and no further${arp}`,
    evidence,
    [node],
  );
}

function forwarding({ vip }: PlannedService): string {
  return addressFamily(vip) === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
}

function serverHint(service: PlannedService, server: PlannedServer): string {
  switch (server.mode) {
    case 'nat':
      return ' (has it a route back to the client?)';
    case 'proxy':
      return '';
    case 'dr':
      return ` (does it own ${service.vip}? has it a route to the client?)`;
    case 'tun':
      return addressFamily(service.vip) === 4
        ? ` (is its tunnel device up? does it own ${service.vip}? is rp_filter 0 on all and on the tunnel device?)`
        : ` (is its tunnel device up? does it own ${service.vip}?)`;
  }
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
