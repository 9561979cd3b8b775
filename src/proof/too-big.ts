import { witness } from './evidence.ts';
import type { NodeMtu } from './node-mtu.ts';
import { innermost } from './packet.ts';
import { isLost, type StuckSegment } from './stuck-segments.ts';
import type { Journey, Observation } from './types.ts';

/** What became of the messages that should have told a sender that its packets are too large. */
export interface TooBig {
  /** Whether any was made. */
  said: boolean;
  text: string;
  /** What the messages give, where one was captured. */
  mtu: number | undefined;
  evidence: Observation[];
}

/** "Fragmentation needed" (RFC 1191) or "packet too big" (RFC 4443) about a stuck packet, and how far it came. */
export function tooBigMessages(stuck: StuckSegment, nodes: NodeMtu[]): TooBig {
  const { walk, sender, last } = stuck;
  const all = walk.journeys.filter(isTooBig);
  // Where a router says it of a tunnel's packet, the director hears it, and must tell the sender in turn.
  const toSender = all.filter((j) => destinationOf(j) === sourceOf(stuck));
  const family = innermost(last.packet)?.version;
  const name = family === 6 ? '"packet too big"' : '"fragmentation needed"';
  const stopped = last.to?.node ?? '?';
  const [first] = toSender.length > 0 ? toSender : all;
  if (first === undefined) {
    const at = nodes.find(({ node }) => node === stopped);
    const made = isLost(last) ? 0 : (at?.made ?? 0);
    const text =
      made > 0
        ? `${stopped} made ${messages(made, family)} for ${sender} (its ICMP counters say so), but none left it: something on ${stopped} drops ICMP on its way out`
        : `nobody sent ${sender} ${name}`;
    return { said: made > 0, text, mtu: undefined, evidence: [] };
  }
  const author = first.crossings[0]?.from?.node ?? '?';
  const mtu = innermost(first.crossings[0]?.packet ?? {})?.icmp?.mtu;
  const to = toSender.length > 0 ? sender : (all[0]?.crossings.at(-1)?.to?.node ?? '?');
  const count = toSender.length > 0 ? toSender.length : all.length;
  const sent = `${author} sent ${to} ${name.slice(0, -1)}, mtu ${mtu ?? '?'}" ${count === 1 ? 'once' : `${count} times`}`;
  const end = first.crossings.at(-1);
  return {
    said: true,
    text: `${sent}, ${endOf(first, sender, toSender.length > 0, nodes)}`,
    mtu,
    evidence: [end?.arrived ?? witness(end)].filter((o) => o !== undefined),
  };
}

function endOf(journey: Journey, sender: string, addressed: boolean, nodes: NodeMtu[]): string {
  const end = journey.crossings.at(-1);
  const place = end?.to === undefined ? 'no node of the plan' : `${end.to.node} ${end.to.device}`;
  if (end === undefined || isLost(end))
    return `and it never arrived: it was last seen leaving ${end?.from === undefined ? '?' : `${end.from.node} ${end.from.device}`}`;
  if (!addressed) return `and nobody told ${sender}, who sends the packets`;
  if (end.to?.node !== sender) return `and it never arrived: it was last seen at ${place}`;
  const taken = nodes.find(({ node }) => node === sender)?.taken;
  return taken === 0
    ? `which reached ${place}, but not its kernel (its ICMP counters stand still): something on ${sender} drops ICMP`
    : `which arrived at ${place} and changed nothing: ${sender} ignores it`;
}

/** The kernel counts them by kind; of IPv4, "fragmentation needed" is one of the unreachable ones. */
function messages(count: number, family: number | undefined): string {
  const kind = family === 6 ? '"packet too big"' : '"destination unreachable"';
  return `${count === 1 ? 'one' : count} ${kind} message${count === 1 ? '' : 's'}`;
}

function isTooBig({ direction, crossings: [first] }: Journey): boolean {
  const ip = first === undefined ? undefined : innermost(first.packet);
  if (direction !== 'error' || ip?.icmp === undefined) return false;
  return ip.version === 4 ? ip.icmp.type === 3 && ip.icmp.code === 4 : ip.icmp.type === 2;
}

function destinationOf({ crossings: [first] }: Journey): string | undefined {
  return first === undefined ? undefined : innermost(first.packet)?.destination;
}

/** The address that a stuck packet comes from where it stopped. */
function sourceOf({ last }: StuckSegment): string | undefined {
  return innermost(last.packet)?.source;
}
