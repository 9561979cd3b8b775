import type { Plan } from '../plan/types.ts';
import { innermost, type Packet } from './packet.ts';
import type { Crossing, Observation, PlannedPort } from './types.ts';

/** Frames with the same bytes farther apart than this (µs) are not one frame: TCP's first retransmission takes 1 s. */
const SAME_FRAME = 500_000;

/** Every interface of a plan. */
export function portsOfPlan(plan: Plan): PlannedPort[] {
  return plan.nodes.flatMap((node) =>
    node.interfaces.map((i) => ({
      node: node.name,
      device: i.name,
      network: i.network,
      mac: i.mac.toLowerCase(),
    })),
  );
}

/**
 * Pairs the frames that left one interface with the same frames arriving at another on the same network. A capture
 * does not record the direction, the MAC addresses tell it.
 * @param captured `node/device` of every interface whose capture saw anything
 */
export function findCrossings(plan: Plan, observations: Observation[], captured: Set<string>): Crossing[] {
  const places = portsOfPlan(plan);
  const at = new Map(places.map((p) => [`${p.node}/${p.device}`, p]));
  const onNetwork = new Map(places.map((p) => [`${p.network} ${p.mac}`, p]));
  const groups = new Map<string, { network: string; sent: Observation[]; arrived: Observation[] }>();
  for (const observation of observations) {
    const place = at.get(`${observation.node}/${observation.device}`);
    const link = observation.packet.link;
    if (place === undefined || link?.destination === undefined) continue;
    const key = `${place.network} ${identity(observation.packet)}`;
    const group = groups.get(key) ?? { network: place.network, sent: [], arrived: [] };
    if (link.source === place.mac) group.sent.push(observation);
    else if (link.destination === place.mac) group.arrived.push(observation);
    else continue;
    groups.set(key, group);
  }
  const crossings = [...groups.values()].flatMap(({ network, sent, arrived }) =>
    pair(sent, arrived).map(([left, came]): Crossing => {
      const seen = left ?? came;
      if (seen === undefined) throw new Error('a crossing that nobody saw');
      const from = onNetwork.get(`${network} ${seen.packet.link?.source ?? ''}`);
      const to = onNetwork.get(`${network} ${seen.packet.link?.destination ?? ''}`);
      return {
        network,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        time: seen.time,
        ...(left === undefined ? {} : { sent: left }),
        ...(came === undefined ? {} : { arrived: came }),
        packet: seen.packet,
        changes: [],
      };
    }),
  );
  return markLost(joinResegmented(crossings), captured).sort((a, b) => a.time - b.time);
}

/** What two captures of one frame have in common. The frame's end may be cut in one of them. */
function identity(packet: Packet): string {
  return JSON.stringify({ ...packet, problem: undefined });
}

/** Pairs nearest in time first, so that a lost copy does not shift the pairs of its retransmissions. */
function pair(
  sent: Observation[],
  arrived: Observation[],
): [Observation | undefined, Observation | undefined][] {
  const candidates = sent
    .flatMap((left) => arrived.map((came) => ({ left, came, apart: Math.abs(came.time - left.time) })))
    .filter((c) => c.apart <= SAME_FRAME)
    .sort((a, b) => a.apart - b.apart);
  const taken = new Set<Observation>();
  const pairs: [Observation | undefined, Observation | undefined][] = [];
  for (const { left, came } of candidates) {
    if (taken.has(left) || taken.has(came)) continue;
    taken.add(left).add(came);
    pairs.push([left, came]);
  }
  for (const left of sent) if (!taken.has(left)) pairs.push([left, undefined]);
  for (const came of arrived) if (!taken.has(came)) pairs.push([undefined, came]);
  return pairs;
}

/**
 * A large packet that is cut into segments on the wire (or segments that the receiver joins) has other bytes at both
 * ends: crossings seen only by the sender take those seen only by the receiver whose TCP data overlaps.
 */
function joinResegmented(crossings: Crossing[]): Crossing[] {
  const onlySent = crossings.filter((c) => c.sent !== undefined && c.arrived === undefined);
  const absorbed = new Set<Crossing>();
  for (const came of crossings) {
    if (came.sent !== undefined || came.arrived === undefined) continue;
    const matches = onlySent.filter((left) => sameWire(left, came) && overlaps(left.packet, came.packet));
    if (matches.length === 0) continue;
    for (const left of matches) {
      left.arrived = came.arrived;
      left.resegmented = true;
    }
    absorbed.add(came);
  }
  return crossings.filter((c) => !absorbed.has(c));
}

function sameWire(a: Crossing, b: Crossing): boolean {
  return (
    a.network === b.network &&
    a.packet.link?.source === b.packet.link?.source &&
    a.packet.link?.destination === b.packet.link?.destination &&
    Math.abs(a.time - b.time) <= SAME_FRAME
  );
}

/** Whether two TCP packets of one flow carry some of the same data. */
export function overlaps(a: Packet, b: Packet): boolean {
  const one = innermost(a)?.tcp;
  const two = innermost(b)?.tcp;
  if (one === undefined || two === undefined || one.payloadLength === 0 || two.payloadLength === 0)
    return false;
  // Sequence numbers wrap round at 2^32 (RFC 9293).
  const ahead = (two.sequence - one.sequence) | 0;
  return ahead < one.payloadLength && -ahead < two.payloadLength;
}

function markLost(crossings: Crossing[], captured: Set<string>): Crossing[] {
  for (const crossing of crossings) {
    const { to } = crossing;
    if (crossing.arrived === undefined && to !== undefined && captured.has(`${to.node}/${to.device}`))
      crossing.lost = true;
  }
  return crossings;
}
