import { headerChanges } from './changes.ts';
import { directionOf, subject, type Flow } from './flows.ts';
import { overlaps } from './crossings.ts';
import { innermost, openingOf, type Packet } from './packet.ts';
import { icmpText } from './packet-text.ts';
import type { Crossing, Journey } from './types.ts';

/** Two copies that meet in one node within this time (µs) were forwarded in the order in which they came. */
const QUEUED = 150_000;
/** Clocks of one kernel agree; stamps are taken a little before or after the frame is handed over (µs). */
const SLACK = 1_000;

/**
 * Chains the crossings of one connection into the ways of its packets: a crossing goes on with the packet that last
 * reached its sender and has the same sequence numbers, flags and data length (of UDP: the same data), which neither
 * IPVS nor a tunnel nor a router changes.
 * @param crossings ordered by time
 */
export function buildJourneys(crossings: Crossing[], flow: Flow): Journey[] {
  const open = new Map<string, Journey[]>();
  const journeys: Journey[] = [];
  for (const crossing of crossings) {
    const direction = directionOf(crossing.packet, flow.client);
    const key = `${direction} ${identity(crossing.packet)}`;
    const alike = open.get(key) ?? [];
    open.set(key, alike);
    const earlier = previousOf(alike, crossing);
    if (earlier !== undefined) {
      earlier.crossings.push(crossing);
      continue;
    }
    const journey: Journey = { direction, label: labelOf(crossing.packet), crossings: [crossing] };
    alike.push(journey);
    journeys.push(journey);
  }
  const whole = joinSegments(journeys);
  markRetransmissions(whole);
  for (const journey of whole) markChanges(journey);
  return whole;
}

function identity(packet: Packet): string {
  const ip = innermost(packet);
  const { tcp, udp } = subject(packet) ?? {};
  return [
    ip?.id,
    ip?.icmp === undefined ? '' : `${ip.icmp.type}/${ip.icmp.code}`,
    tcp?.sequence,
    tcp?.acknowledgement,
    tcp?.flags.join(),
    tcp?.payloadLength,
    tcp?.timestamps?.value,
    udp?.payloadLength,
    udp?.digest,
  ].join(' ');
}

/** Of the same packet's copies that wait in the node that sends: the oldest of a queue, else the latest. */
function previousOf(journeys: Journey[], crossing: Crossing): Journey | undefined {
  const waiting = journeys
    .map((journey) => ({ journey, last: journey.crossings.at(-1) }))
    .filter(({ last }) => last !== undefined && follows(last, crossing));
  // What a capture lacks may have arrived nevertheless, but a copy that it has comes first.
  const arrived = waiting.filter(({ last }) => last?.lost === undefined);
  const candidates = arrived.length > 0 ? arrived : waiting;
  const queued = candidates.filter(({ last }) => crossing.time - (last?.time ?? 0) <= QUEUED);
  return (queued[0] ?? candidates.at(-1))?.journey;
}

function follows(last: Crossing, next: Crossing): boolean {
  return (
    next.from !== undefined &&
    last.to?.node === next.from.node &&
    (last.arrived?.time ?? last.time) <= next.time + SLACK &&
    // No one on the way adds to the time to live.
    (innermost(next.packet)?.ttl ?? 0) <= (innermost(last.packet)?.ttl ?? 0)
  );
}

/** Segments that a node cut out of a larger packet, or joined, go on with the packet that came with their data. */
function joinSegments(journeys: Journey[]): Journey[] {
  const ends = new Map(journeys.map((j) => [j, j.crossings.at(-1)]));
  const absorbed = new Set<Journey>();
  const through = new Set(
    journeys.flatMap((j) => j.crossings.map((c) => `${j.direction} ${c.to?.node ?? ''}`)),
  );
  for (const part of journeys) {
    const first = part.crossings[0];
    // What sets out from a node that gets nothing in this direction was made there.
    if (first?.from === undefined || !through.has(`${part.direction} ${first.from.node}`)) continue;
    if (part.direction === 'error') continue;
    const sources = journeys.filter((journey) => {
      const last = ends.get(journey);
      return (
        journey !== part &&
        journey.direction === part.direction &&
        !absorbed.has(journey) &&
        last !== undefined &&
        follows(last, first) &&
        first.time - last.time <= QUEUED &&
        overlaps(last.packet, first.packet)
      );
    });
    const [source, ...others] = sources;
    if (source === undefined) continue;
    first.resegmented = true;
    source.crossings.push(...part.crossings);
    for (const other of others) other.joined = true;
    absorbed.add(part);
  }
  return journeys.filter((j) => !absorbed.has(j));
}

function markRetransmissions(journeys: Journey[]): void {
  const sent = new Set<string>();
  for (const journey of journeys) {
    const first = journey.crossings[0];
    const tcp = first === undefined ? undefined : innermost(first.packet)?.tcp;
    if (tcp === undefined || journey.joined === true) continue;
    if (tcp.payloadLength === 0 && !tcp.flags.includes('SYN') && !tcp.flags.includes('FIN')) continue;
    const key = [
      first?.from?.node,
      journey.direction,
      tcp.sequence,
      tcp.payloadLength,
      tcp.flags.join(),
    ].join(' ');
    if (sent.has(key)) journey.retransmission = true;
    sent.add(key);
  }
}

function markChanges(journey: Journey): void {
  journey.crossings.forEach((crossing, index) => {
    const before = journey.crossings
      .slice(0, index)
      .findLast((c) => c.to !== undefined && c.to.node === crossing.from?.node);
    if (before !== undefined) crossing.changes = headerChanges(before.packet, crossing.packet);
  });
}

function labelOf(packet: Packet): string {
  const ip = innermost(packet);
  if (ip?.icmp !== undefined) return icmpText(ip.icmp, ip.version);
  if (ip?.udp !== undefined) return `${ip.udp.payloadLength}-byte datagram`;
  const tcp = ip?.tcp;
  if (tcp === undefined) return '';
  const has = (flag: (typeof tcp.flags)[number]) => tcp.flags.includes(flag);
  const opening = openingOf(packet);
  if (opening !== undefined) return opening;
  if (has('RST')) return 'RST';
  const data = tcp.payloadLength === 0 ? '' : `${tcp.payloadLength} bytes`;
  if (has('FIN')) return data === '' ? 'FIN' : `${data} FIN`;
  return data === '' ? 'ACK' : data;
}
