import { isSameService, type ServiceAddress } from '../plan/service-name.ts';
import type { Plan, PlannedServer, PlannedService } from '../plan/types.ts';
import type { Outcome } from './check.ts';
import type { Claim } from './claims.ts';
import { encapsulation } from './changes.ts';
import type { Loss } from './loss.ts';
import { innermost, transportOf } from './packet.ts';
import type { Crossing, Journey, Observation, Walk } from './types.ts';
import { counted } from '../topology/counted.ts';

/** How well one interface was captured. An interface that is not listed was not captured. */
export interface CaptureHealth {
  node: string;
  device: string;
  /** Packets that the kernel dropped before the capture got them. */
  dropped: number;
  /** As `readPcap` reports it. */
  damage?: string | undefined;
}

/** Everything that verdicts are drawn from. */
export interface Lab {
  plan: Plan;
  observations: Observation[];
  captures: CaptureHealth[];
  walks: Walk[];
}

/** What one connection says about one claim. */
export interface Finding {
  outcome: Outcome;
  why: string;
  evidence: Observation[];
  /** Nodes in whose captures something was *not* seen: the finding holds only if those are sound. */
  restsOn: string[];
  /** Of a failure: a stable name for its kind, by which connections that broke in the same way are told together. */
  cause?: string;
  /** Of a failure: where the settings of a node may tell why. */
  losses?: Loss[];
}

/** A finding that a promise was broken. @param cause a stable name for the way in which it was */
export function failure(
  cause: string,
  why: string,
  evidence: (Observation | undefined)[] = [],
  restsOn: (string | undefined)[] = [],
  losses: Loss[] = [],
): Finding {
  return { ...finding('fail', why, evidence, restsOn), cause, losses };
}

export function finding(
  outcome: Outcome,
  why: string,
  evidence: (Observation | undefined)[] = [],
  restsOn: (string | undefined)[] = [],
): Finding {
  return {
    outcome,
    why,
    evidence: evidence.filter((o) => o !== undefined),
    restsOn: restsOn.filter((n) => n !== undefined),
  };
}

/** What is wrong with the captures of a node; undefined where each of its interfaces was captured in full. */
export function captureProblem(lab: Lab, node: string): string | undefined {
  const devices = lab.plan.nodes.find((n) => n.name === node)?.interfaces.map((i) => i.name) ?? [];
  for (const device of devices) {
    const health = lab.captures.find((c) => c.node === node && c.device === device);
    if (health === undefined) return `${node} ${device} was not captured`;
    if (health.damage !== undefined) return `the capture of ${node} ${device} is damaged: ${health.damage}`;
    if (health.dropped > 0)
      return `the capture of ${node} ${device} lost ${counted(health.dropped, 'packet')}`;
  }
  return undefined;
}

export function serviceOf(lab: Lab, service: ServiceAddress): PlannedService | undefined {
  return lab.plan.services.find((s) => isSameService(s, service));
}

/**
 * The real servers of a service, and its fallback where that is a node of its own: what answers on the director itself
 * is none that packets are sent to.
 */
export function remoteServers(service: PlannedService): PlannedServer[] {
  const { servers, directors, health } = service;
  const fallback = health?.fallback;
  return fallback === undefined || directors.includes(fallback.node) ? servers : [...servers, fallback];
}

/** A fallback on the director that answered, where it did: what the director itself sends is else but a refusal. */
function ownFallback({ directors, health }: PlannedService, walk: Walk): PlannedServer | undefined {
  const fallback = health?.fallback;
  if (fallback === undefined || !directors.includes(fallback.node)) return undefined;
  const answered = walk.journeys.some(
    ({ direction, label, crossings }) =>
      direction === 'reply' && label !== 'RST' && crossings[0]?.from?.node === fallback.node,
  );
  return answered ? fallback : undefined;
}

/**
 * The real server that the director chose for a connection: by the outer destination (TUN), the rewritten destination
 * (NAT), or the node whose MAC the frame got (DR), whichever method the director really used. It may be the fallback.
 */
export function chosenServer(service: PlannedService, walk: Walk): PlannedServer | undefined {
  const servers = remoteServers(service);
  const crossings = walk.journeys.filter((j) => j.direction === 'request').flatMap((j) => j.crossings);
  const forwarded = crossings.filter((c) => c.from !== undefined && service.directors.includes(c.from.node));
  const byPacket = (crossing: Crossing) => {
    const ip = innermost(crossing.packet);
    const target = encapsulation(crossing.packet)?.outer.destination ?? ip?.destination;
    const matches = servers.filter((s) => s.address === target);
    return matches.find((s) => s.port === transportOf(ip)?.destination) ?? matches[0];
  };
  const byNode = (crossing: Crossing) => servers.find((s) => s.node === crossing.to?.node);
  for (const crossing of forwarded) {
    const server = byPacket(crossing) ?? byNode(crossing);
    if (server !== undefined) return server;
  }
  for (const crossing of crossings) {
    const server = byNode(crossing);
    if (server !== undefined) return server;
  }
  const reply = walk.journeys.find((j) => j.direction === 'reply')?.crossings[0];
  return servers.find((s) => s.node === reply?.from?.node) ?? ownFallback(service, walk);
}

/** A request as the director got it and as it sent it on. */
export interface Forwarded {
  journey: Journey;
  /** Absent where no capture has it as it came. */
  before: Crossing | undefined;
  out: Crossing;
  /** After `out`: the way to the real server. */
  onward: Crossing[];
}

/** The packets of a connection to the VIP that a director sent on. */
export function forwardedRequests(claim: Claim, walk: Walk): Forwarded[] {
  return walk.journeys.flatMap((journey) => {
    const first = journey.crossings[0];
    if (journey.direction !== 'request' || first === undefined) return [];
    const index = journey.crossings.findIndex(
      (c) => c.from !== undefined && claim.directors.includes(c.from.node),
    );
    const out = journey.crossings[index];
    if (out === undefined) return [];
    const before = journey.crossings.slice(0, index).findLast((c) => c.to?.node === out.from?.node);
    return [{ journey, before, out, onward: journey.crossings.slice(index) }];
  });
}

/** Replies that a real server sent (not those that a director made itself, as a refusal). */
export function repliesOfServers(
  service: PlannedService,
  walk: Walk,
): { journey: Journey; first: Crossing }[] {
  return walk.journeys.flatMap((journey) => {
    const first = journey.crossings[0];
    if (journey.direction !== 'reply' || first?.from === undefined) return [];
    const { node } = first.from;
    return remoteServers(service).some((s) => s.node === node) && !service.directors.includes(node)
      ? [{ journey, first }]
      : [];
  });
}

/** Whether a crossing ends at the client: the node that has its address or, outside the plan, an unknown MAC. */
export function reachesClient(walk: Walk, crossing: Crossing): boolean {
  if (walk.clientNode === undefined) return crossing.to === undefined;
  return crossing.to?.node === walk.clientNode && crossing.arrived !== undefined;
}

/** Best witness of a crossing. */
export function witness(crossing: Crossing | undefined): Observation | undefined {
  return crossing?.sent ?? crossing?.arrived;
}

/** `rs1 eth0 → router eth0 → client eth0`. */
export function routeText(journey: Journey): string {
  return journey.crossings
    .map((c, i) => {
      const to = c.to === undefined ? (c.packet.link?.destination ?? '?') : `${c.to.node} ${c.to.device}`;
      const from = c.from === undefined ? (c.packet.link?.source ?? '?') : `${c.from.node} ${c.from.device}`;
      return i === 0 ? `${from} → ${to}` : to;
    })
    .join(' → ');
}

export function listText(items: string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
