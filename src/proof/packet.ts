/** A frame as plain JSON. Addresses are text, lengths are bytes. A field that the frame lacks is absent. */
export interface Packet {
  link?: Link;
  arp?: Arp;
  /** The outermost IP header; what it carries hangs below it. */
  ip?: Ip;
  /** Why decoding ended early: the frame was cut by the snap length, or is malformed. */
  problem?: string;
}

/** Ethernet header (IEEE 802.3), or what a cooked capture knows of it. */
export interface Link {
  /** Sender's MAC, `02:00:00:00:00:01`. */
  source: string;
  /** Absent in a cooked capture (LINUX_SLL), which does not record it. */
  destination?: string;
  etherType: number;
  /** VLAN ids, outermost first (IEEE 802.1Q, 802.1ad). */
  vlans?: number[];
}

/** Address resolution for IPv4 over Ethernet (RFC 826). */
export interface Arp {
  operation: 'request' | 'reply' | number;
  senderMac: string;
  senderIp: string;
  targetMac: string;
  targetIp: string;
}

/** An IPv4 (RFC 791) or IPv6 (RFC 8200) header and what it carries. */
export interface Ip {
  version: 4 | 6;
  source: string;
  destination: string;
  /** Time to live, or hop limit. */
  ttl: number;
  /** IANA protocol number of the payload; in IPv6 the one after the extension headers. */
  protocol: number;
  /** Bytes of the whole datagram by its header; 0 for a segment-offloaded one beyond 64 KiB (RFC 2675). */
  totalLength: number;
  /** Bytes, with options (IPv4) or extension headers (IPv6). */
  headerLength: number;
  /** IPv4 identification. */
  id?: number;
  tos: number;
  dontFragment?: boolean;
  /** Present in every fragment of a fragmented datagram; the offset is in bytes. */
  fragment?: { offset: number; more: boolean };
  /** IPv4 header checksum as sent. */
  checksum?: number;
  /** Whether that checksum is right for the header as captured. */
  checksumRight?: boolean;
  /** IPv4 options in hexadecimal. */
  options?: string;
  tcp?: Tcp;
  udp?: Udp;
  icmp?: Icmp;
  gre?: Gre;
  gue?: Gue;
  /** The datagram that this one carries: IPIP (RFC 2003), GRE or GUE. */
  inner?: Ip;
}

/** TCP header (RFC 9293). */
export interface Tcp {
  source: number;
  destination: number;
  sequence: number;
  acknowledgement: number;
  /** In header order: `SYN`, `ACK` … */
  flags: TcpFlag[];
  window: number;
  /** Bytes of data, by the IP header's length: right for a frame that the snap length cut, too. */
  payloadLength: number;
  /** Value of the header X-Forwarded-For, where the segment begins an HTTP request that has it. */
  forwardedFor?: string;
  /** Maximum segment size option, bytes. */
  mss?: number;
  /** Window scale option: the shift count (RFC 7323). */
  windowScale?: number;
  /** Timestamps option (RFC 7323). */
  timestamps?: { value: number; echo: number };
}

export const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;
/** In the order of their bits, lowest first. */
export type TcpFlag = (typeof TCP_FLAGS)[number];

/** UDP header (RFC 768). */
export interface Udp {
  source: number;
  destination: number;
  payloadLength: number;
  /** Tells datagrams with different data apart; absent where not all of it was captured, and for a tunnel's. */
  digest?: string;
}

/** ICMP (RFC 792) or ICMPv6 (RFC 4443) message. */
export interface Icmp {
  type: number;
  code: number;
  /** MTU of the next hop, bytes: "fragmentation needed" (RFC 1191) and "packet too big". */
  mtu?: number;
  /** Identifier and sequence of an echo. */
  echo?: { id: number; sequence: number };
  /** The start of the datagram that an error message is about. */
  quoted?: Ip;
  /** Neighbour solicitation or advertisement (RFC 4861). */
  neighbour?: { kind: 'solicitation' | 'advertisement'; target: string; mac?: string };
}

/** GRE header (RFC 2784, RFC 2890). */
export interface Gre {
  /** EtherType of the payload. */
  protocol: number;
  key?: number;
  sequence?: number;
}

/** GUE header, version 0 (draft-ietf-intarea-gue). */
export interface Gue {
  /** IP protocol number of the payload: 4 for IPv4. */
  protocol: number;
  control: boolean;
}

/** The datagram inside every tunnel header: the one that client and server exchange. */
export function innermost(packet: Packet): Ip | undefined {
  let ip = packet.ip;
  while (ip?.inner !== undefined) ip = ip.inner;
  return ip;
}

/** The header of a datagram that has ports. */
export function transportOf(ip: Ip | undefined): Tcp | Udp | undefined {
  return ip?.tcp ?? ip?.udp;
}

/** Addresses and ports of the innermost TCP or UDP packet; undefined for every other packet. */
export function endpoints(packet: Packet):
  | {
      protocol: 'tcp' | 'udp';
      source: { address: string; port: number };
      destination: { address: string; port: number };
    }
  | undefined {
  const ip = innermost(packet);
  const transport = transportOf(ip);
  if (ip === undefined || transport === undefined) return undefined;
  return {
    protocol: ip.tcp === undefined ? 'udp' : 'tcp',
    source: { address: ip.source, port: transport.source },
    destination: { address: ip.destination, port: transport.destination },
  };
}

/** Whether a packet is the first of a TCP connection, or the answer to it; undefined for any other. */
export function openingOf(packet: Packet): 'SYN' | 'SYN-ACK' | undefined {
  const flags = innermost(packet)?.tcp?.flags ?? [];
  if (!flags.includes('SYN')) return undefined;
  return flags.includes('ACK') ? 'SYN-ACK' : 'SYN';
}
