import type { Packet } from './packet.ts';

/**
 * What a frame asks or says about who has an address: address resolution (ARP, RFC 826) and neighbour discovery
 * (RFC 4861) in one form.
 */
export interface Resolution {
  protocol: 'ARP' | 'neighbour discovery';
  operation: 'question' | 'answer';
  /** The address in question. */
  target: string;
  /** Who asks or answers. */
  sender: { address: string; mac: string };
  /** Put to everybody on the segment, not to one MAC whose answer is already known. */
  toAll: boolean;
  /** What neighbours learn from the frame: a question, too, tells of its sender. */
  claim?: { address: string; mac: string };
}

/** The resolution of an address that a frame is about; undefined where it is none. */
export function resolutionOf(packet: Packet): Resolution | undefined {
  return fromArp(packet) ?? fromNeighbour(packet);
}

const ALL = 'ff:ff:ff:ff:ff:ff';

function fromArp({ arp, link }: Packet): Resolution | undefined {
  if (arp === undefined || typeof arp.operation === 'number') return undefined;
  const { operation, senderIp, senderMac, targetIp } = arp;
  const sender = { address: senderIp, mac: senderMac };
  return {
    protocol: 'ARP',
    operation: operation === 'request' ? 'question' : 'answer',
    target: operation === 'request' ? targetIp : senderIp,
    sender,
    toAll: link?.destination === ALL,
    // A probe (RFC 5227) asks without an address of its own.
    ...(senderIp === '0.0.0.0' ? {} : { claim: sender }),
  };
}

function fromNeighbour({ ip, link }: Packet): Resolution | undefined {
  const neighbour = ip?.icmp?.neighbour;
  if (ip === undefined || neighbour === undefined) return undefined;
  // An answer to a question that was put to one MAC may leave out whose it is.
  const mac = neighbour.mac ?? link?.source ?? '';
  const asks = neighbour.kind === 'solicitation';
  const claimed = asks ? ip.source : neighbour.target;
  return {
    protocol: 'neighbour discovery',
    operation: asks ? 'question' : 'answer',
    target: neighbour.target,
    sender: { address: ip.source, mac },
    toAll: ip.destination.startsWith('ff'),
    // Duplicate address detection asks from ::, and a question without a MAC teaches nothing.
    ...(asks && (ip.source === '::' || neighbour.mac === undefined)
      ? {}
      : { claim: { address: claimed, mac } }),
  };
}

/** How one asks for an address in a sentence: "asked for 192.0.2.1 by ARP". */
export function byWhat(address: string): string {
  return address.includes(':') ? 'by neighbour solicitation' : 'by ARP';
}
