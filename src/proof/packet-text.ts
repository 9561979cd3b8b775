import { encapsulation } from './changes.ts';
import { endText, hopLimit } from './ends.ts';
import { innermost, transportOf, type Icmp, type Ip, type Packet } from './packet.ts';
import { resolutionOf } from './resolution.ts';
import type { Observation } from './types.ts';

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

const UNREACHABLE6 = new Map([
  [0, 'no route'],
  [1, 'prohibited'],
  [2, 'beyond the scope of the source'],
  [3, 'address unreachable'],
  [4, 'port unreachable'],
  [5, 'source refused'],
  [6, 'route rejected'],
]);

/**
 * What an ICMP message says, by RFC 792 or RFC 4443, and of what: `for IPIP` where the datagram in question is a
 * tunnel's.
 * @param version of the IP header in front of it
 */
export function icmpText(icmp: Icmp, version: Ip['version']): string {
  const tunnel = icmp.quoted === undefined ? undefined : encapsulation({ ip: icmp.quoted });
  return `${version === 4 ? message(icmp) : message6(icmp)}${tunnel === undefined ? '' : ` for ${tunnel.name}`}`;
}

function message6({ type, code, mtu }: Icmp): string {
  if (type === 1) return `ICMPv6 ${UNREACHABLE6.get(code) ?? `unreachable, code ${code}`}`;
  if (type === 2) return `ICMPv6 packet too big${mtu === undefined ? '' : `, mtu ${mtu}`}`;
  if (type === 3) return 'ICMPv6 time exceeded';
  if (type === 4) return `ICMPv6 parameter problem, code ${code}`;
  if (type === 128) return 'ICMPv6 echo request';
  if (type === 129) return 'ICMPv6 echo reply';
  if (type === 137) return 'ICMPv6 redirect';
  return `ICMPv6 type ${type}, code ${code}`;
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
  const neighbour = resolutionOf(packet);
  if (neighbour !== undefined && packet.ip !== undefined) {
    const { operation, target, sender } = neighbour;
    return operation === 'question'
      ? `NS who-has ${target} tell ${sender.address} (${sender.mac})${mac}`
      : `NA ${target} is-at ${sender.mac}${mac}`;
  }
  const ip = innermost(packet);
  if (ip === undefined) return `${packet.problem ?? 'not an IP packet'}${mac}`;
  const ports = transportOf(ip);
  const tunnel = encapsulation(packet);
  return [
    tunnel === undefined
      ? ''
      : `[${tunnel.name} ${tunnel.outer.source} > ${tunnel.outer.destination} ${hopLimit(tunnel.outer)}] `,
    `${endText(ip, 'source')} > ${endText(ip, 'destination')}`,
    ip.tcp === undefined ? '' : ` [${ip.tcp.flags.join(',')}]`,
    ip.udp === undefined ? '' : ' [UDP]',
    ports !== undefined && ports.payloadLength > 0 ? ` ${ports.payloadLength} bytes` : '',
    ip.icmp === undefined ? '' : ` ${icmpText(ip.icmp, ip.version)}`,
    ` ${hopLimit(ip)}`,
    mac,
  ].join('');
}

/** A packet as evidence: where it was seen, and what it was. */
export function observationText(observation: Observation): string {
  return `${observation.node} ${observation.device}  ${packetText(observation.packet)}`;
}
