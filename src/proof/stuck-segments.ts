import { isProxied } from '../plan/haproxy.ts';
import type { PlannedService } from '../plan/types.ts';
import { overlaps } from './crossings.ts';
import { innermost, type Packet, type Tcp } from './packet.ts';
import type { Crossing, Journey, Walk } from './types.ts';

/** A TCP segment that was sent again and again and never reached its end, while smaller packets of its connection did. */
export interface StuckSegment {
  walk: Walk;
  direction: 'request' | 'reply';
  /** Node that sends it. */
  sender: string;
  /** Bytes of its data, and of the IP packet that it is. */
  payload: number;
  size: number;
  /** How often it was sent. */
  times: number;
  /** The last crossing of the copy that came farthest. */
  last: Crossing;
  /** Where smaller packets go on from the node that has it; the last crossing itself where that was lost on the wire. */
  onward: Crossing | undefined;
  /** Bytes of the largest packet that came to its end in this direction. */
  passed: number;
}

/** Segment size where neither side's SYN was captured: Ethernet's (RFC 9293, 1500 bytes less both headers). */
const USUAL_MSS = 1460;
/** Copies of one segment that make it stuck: what a lossy link swallows comes through the next time. */
const LEAST_COPIES = 2;

/** The segments of a connection that are stuck, at most one for each direction: the one that was tried most often. */
export function stuckSegments(service: PlannedService, walk: Walk): StuckSegment[] {
  return (['request', 'reply'] as const).flatMap((direction) => {
    const stuck = stuckIn(service, walk, direction);
    return stuck === undefined ? [] : [stuck];
  });
}

function stuckIn(
  service: PlannedService,
  walk: Walk,
  direction: 'request' | 'reply',
): StuckSegment | undefined {
  const own = walk.journeys.filter((j) => j.direction === direction && tcpOf(j) !== undefined);
  const back = walk.journeys.filter((j) => j.direction !== direction && j.direction !== 'error');
  const ends = farEnds(service, walk, direction);
  const came = own.filter((j) => j.crossings.some((c) => c.arrived !== undefined && isAt(c, ends)));
  // Captures are taken before segmentation: what is larger than the other side takes is many packets on the wire.
  const mss = Math.max(0, ...back.map((j) => tcpOf(j)?.mss ?? 0)) || USUAL_MSS;
  const single = (j: Journey) => (tcpOf(j)?.payloadLength ?? 0) <= mss;
  const passed = Math.max(0, ...came.filter(single).map(sizeOf));
  const data = own.filter((j) => (tcpOf(j)?.payloadLength ?? 0) > 0);
  const groups = new Map<string, Journey[]>();
  for (const journey of data.filter(single)) {
    const tcp = tcpOf(journey);
    const key = `${tcp?.sequence ?? ''} ${tcp?.payloadLength ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), journey]);
  }
  const [copies] = [...groups.values()]
    .filter((group) => group.length >= LEAST_COPIES && !isReceived(group[0], came, back))
    .sort((a, b) => b.length - a.length);
  const [first] = copies ?? [];
  const farthest = copies?.reduce((best, j) => (j.crossings.length > best.crossings.length ? j : best));
  const last = farthest?.crossings.at(-1);
  const packet = first?.crossings[0]?.packet;
  if (copies === undefined || first === undefined || last === undefined || packet === undefined)
    return undefined;
  const size = sizeOf(first);
  if (passed === 0 || passed >= size) return undefined;
  return {
    walk,
    direction,
    sender: first.crossings[0]?.from?.node ?? innermost(packet)?.source ?? '?',
    payload: tcpOf(first)?.payloadLength ?? 0,
    size,
    times: data.filter((j) => covers(j, first)).length,
    last,
    onward: isLost(last) ? last : onwardFrom(last, came),
    passed,
  };
}

/** Whether a crossing was sent and did not arrive. */
export function isLost(crossing: Crossing): boolean {
  return crossing.arrived === undefined;
}

/** Nodes at which a direction of a connection ends. */
function farEnds(service: PlannedService, walk: Walk, direction: 'request' | 'reply'): string[] {
  if (direction === 'reply') return walk.clientNode === undefined ? [] : [walk.clientNode];
  return isProxied(service) ? service.directors : service.servers.map((server) => server.node);
}

function isAt({ to }: Crossing, nodes: string[]): boolean {
  return to !== undefined && nodes.includes(to.node);
}

/** Whether the other side has a segment: it arrived in some form, or was acknowledged. */
function isReceived(segment: Journey | undefined, came: Journey[], back: Journey[]): boolean {
  const packet = segment?.crossings[0]?.packet;
  const start = segment === undefined ? undefined : tcpOf(segment)?.sequence;
  if (packet === undefined || start === undefined) return true;
  return (
    came.some((j) => j.crossings.some((c) => overlaps(c.packet, packet))) ||
    // Sequence numbers wrap round at 2^32 (RFC 9293).
    back.some((j) => {
      const tcp = tcpOf(j);
      return tcp?.flags.includes('ACK') === true && ((tcp.acknowledgement - start) | 0) > 0;
    })
  );
}

/** Whether a packet carries the first byte of a segment. */
function covers(journey: Journey, segment: Journey): boolean {
  const tcp = tcpOf(journey);
  const start = tcpOf(segment)?.sequence;
  if (tcp === undefined || start === undefined) return false;
  const ahead = (start - tcp.sequence) | 0;
  return ahead >= 0 && ahead < tcp.payloadLength;
}

function onwardFrom(last: Crossing, came: Journey[]): Crossing | undefined {
  return came.flatMap((j) => j.crossings).find((c) => c.from !== undefined && c.from.node === last.to?.node);
}

function tcpOf({ crossings: [first] }: Journey): Tcp | undefined {
  return first === undefined ? undefined : innermost(first.packet)?.tcp;
}

function sizeOf({ crossings: [first] }: Journey): number {
  return first === undefined ? 0 : (innermost(first.packet)?.totalLength ?? 0);
}

/** Bytes that the outer headers of a tunnelled packet take. */
export function outerBytes(packet: Packet): number {
  return (packet.ip?.totalLength ?? 0) - (innermost(packet)?.totalLength ?? 0);
}
