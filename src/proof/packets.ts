import { hex, Malformed, Reader } from './bytes.ts';
import { decodeIp } from './ip.ts';
import type { Arp, Link, Packet } from './packet.ts';
import { LINK } from './pcap.ts';
import { GUE_PORT } from '../topology/fields/ports.ts';

/** What the frame alone does not say. */
export interface DecodeOptions {
  /** UDP destination port that carries GUE: `ipvsadm --tun-port`. */
  guePort: number;
}

const DEFAULTS: DecodeOptions = { guePort: GUE_PORT };

export const ETHER = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8 } as const;

/**
 * Decodes one frame. Never throws: what could be read is returned, and `problem` says why it ended early.
 * @param data bytes of the frame, as captured
 * @param linkType LINKTYPE_ value of the capture (`LINK`)
 */
export function decode(data: Uint8Array, linkType: number, options: DecodeOptions = DEFAULTS): Packet {
  const packet: Packet = {};
  try {
    decodeLink(packet, new Reader(data), linkType, options);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    packet.problem = error.message;
  }
  return packet;
}

function decodeLink(packet: Packet, reader: Reader, linkType: number, options: DecodeOptions): void {
  switch (linkType) {
    case LINK.ethernet: {
      const destination = reader.mac('Ethernet header');
      const source = reader.mac('Ethernet header');
      packet.link = { source, destination, etherType: reader.u16('Ethernet header') };
      break;
    }
    case LINK.raw:
    case LINK.raw12:
      decodeIp(packet, reader.rest(), options);
      return;
    case LINK.linuxSll:
      packet.link = cooked(reader);
      break;
    case LINK.linuxSll2:
      packet.link = cooked2(reader);
      break;
    default:
      throw new Malformed(`link type ${linkType} is not one that is decoded`);
  }
  const { link } = packet;
  while (link.etherType === ETHER.vlan || link.etherType === ETHER.qinq) {
    link.vlans = [...(link.vlans ?? []), reader.u16('VLAN tag') & 0x0fff];
    link.etherType = reader.u16('VLAN tag');
  }
  if (link.etherType === ETHER.arp) packet.arp = decodeArp(reader);
  else if (link.etherType === ETHER.ipv4 || link.etherType === ETHER.ipv6)
    decodeIp(packet, reader.rest(), options);
}

/** LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address (8 bytes), protocol. */
function cooked(reader: Reader): Link {
  reader.take(4, 'cooked header');
  const length = reader.u16('cooked header');
  const address = reader.take(8, 'cooked header').subarray(0, Math.min(length, 8));
  return { source: colons(address), etherType: reader.u16('cooked header') };
}

/** LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, ARPHRD, packet type, address length, address. */
function cooked2(reader: Reader): Link {
  const etherType = reader.u16('cooked header');
  reader.take(9, 'cooked header');
  const length = reader.u8('cooked header');
  const address = reader.take(8, 'cooked header').subarray(0, Math.min(length, 8));
  return { source: colons(address), etherType };
}

function colons(bytes: Uint8Array): string {
  return hex(bytes).replace(/(..)(?=.)/g, '$1:');
}

function decodeArp(reader: Reader): Arp {
  const hardware = reader.u16('ARP packet');
  const protocol = reader.u16('ARP packet');
  const sizes = reader.u16('ARP packet');
  const operation = reader.u16('ARP packet');
  if (hardware !== 1 || protocol !== ETHER.ipv4 || sizes !== 0x0604)
    throw new Malformed('an ARP packet for something else than IPv4 over Ethernet');
  return {
    operation: operation === 1 ? 'request' : operation === 2 ? 'reply' : operation,
    senderMac: reader.mac('ARP packet'),
    senderIp: reader.ipv4('ARP packet'),
    targetMac: reader.mac('ARP packet'),
    targetIp: reader.ipv4('ARP packet'),
  };
}
