import { encapsulation } from './changes.ts';
import { innermost, transportOf, type Icmp, type Packet } from './packet.ts';
import type { Observation } from './path.ts';

const UNREACHABLE = new Map([
  [0, 'network unreachable'],
  [1, 'host unreachable'],
  [2, 'protocol unreachable'],
  [3, 'port unreachable'],
  [4, 'frag needed'],
  [9, 'network prohibited'],
  [10, 'host prohibited'],
  [13, 'filtered'],
]);

/** What an ICMP message says, by RFC 792, and of what: `for IPIP` where the datagram in question is a tunnel's. */
export function icmpText(icmp: Icmp): string {
  const tunnel = icmp.quoted === undefined ? undefined : encapsulation({ ip: icmp.quoted });
  return `${message(icmp)}${tunnel === undefined ? '' : ` for ${tunnel.name}`}`;
}

function message(icmp: Icmp): string {
  if (icmp.type === 3) {
    const mtu = icmp.mtu === undefined ? '' : `, mtu ${icmp.mtu}`;
    return `ICMP ${UNREACHABLE.get(icmp.code) ?? `unreachable, code ${icmp.code}`}${mtu}`;
  }
  if (icmp.type === 5) return 'ICMP redirect';
  if (icmp.type === 11) return 'ICMP time exceeded';
  if (icmp.type === 8) return 'ICMP echo request';
  if (icmp.type === 0) return 'ICMP echo reply';
  return `ICMP type ${icmp.type}, code ${icmp.code}`;
}

/** One line about one packet: addresses, flags, TTL, tunnel and MAC addresses. */
export function packetText(packet: Packet): string {
  const mac =
    packet.link === undefined ? '' : ` mac ${packet.link.source} → ${packet.link.destination ?? '?'}`;
  if (packet.arp !== undefined) {
    const { operation, senderMac, senderIp, targetIp } = packet.arp;
    if (operation === 'request') return `ARP who-has ${targetIp} tell ${senderIp} (${senderMac})${mac}`;
    if (operation === 'reply') return `ARP ${senderIp} is-at ${senderMac}${mac}`;
    return `ARP operation ${operation}${mac}`;
  }
  const ip = innermost(packet);
  if (ip === undefined) return `${packet.problem ?? 'not an IP packet'}${mac}`;
  const ports = transportOf(ip);
  const end = (address: string, port: number | undefined) =>
    port === undefined ? address : `${address}:${port}`;
  const tunnel = encapsulation(packet);
  return [
    tunnel === undefined
      ? ''
      : `[${tunnel.name} ${tunnel.outer.source} > ${tunnel.outer.destination} ttl ${tunnel.outer.ttl}] `,
    `${end(ip.source, ports?.source)} > ${end(ip.destination, ports?.destination)}`,
    ip.tcp === undefined ? '' : ` [${ip.tcp.flags.join(',')}]`,
    ip.udp === undefined ? '' : ' [UDP]',
    ports !== undefined && ports.payloadLength > 0 ? ` ${ports.payloadLength} bytes` : '',
    ip.icmp === undefined ? '' : ` ${icmpText(ip.icmp)}`,
    ` ttl ${ip.ttl}`,
    mac,
  ].join('');
}

/** A packet as evidence: where it was seen, and what it was. */
export function observationText(observation: Observation): string {
  return `${observation.node} ${observation.device}  ${packetText(observation.packet)}`;
}
