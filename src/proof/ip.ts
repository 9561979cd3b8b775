import { digest, hex, Malformed, Reader } from './bytes.ts';
import { decodeIcmp, decodeIcmp6 } from './icmp.ts';
import type { Ip } from './packet.ts';
import { decodeTcp, decodeUdp } from './transport.ts';
import { decodeGre, decodeGue } from './tunnel.ts';

/** IANA protocol numbers. */
export const PROTOCOL = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, icmp6: 58 } as const;

/** Tunnels in tunnels beyond this depth are taken for damage. */
const DEEPEST = 8;

/** Settings that decoding of a payload depends on, handed through the layers. */
export interface IpOptions {
  guePort: number;
  depth?: number;
}

/**
 * Decodes an IPv4 or IPv6 datagram into `holder[key]`, before its payload: a payload that is cut leaves the header.
 * @throws Malformed
 */
export function decodeIp(holder: { ip?: Ip }, bytes: Uint8Array, options: IpOptions): void {
  const depth = options.depth ?? 0;
  if (depth > DEEPEST) throw new Malformed(`more than ${DEEPEST} IP headers inside one another`);
  const version = (bytes[0] ?? 0) >> 4;
  if (bytes.length === 0) throw new Malformed('ends inside the IP header');
  if (version !== 4 && version !== 6) throw new Malformed(`IP version ${version}`);
  const { ip, payload } = version === 4 ? header4(bytes) : header6(bytes);
  holder.ip = ip;
  // Only the first fragment begins with the payload's header.
  if (ip.fragment !== undefined && ip.fragment.offset > 0) return;
  decodePayload(ip, payload, { ...options, depth: depth + 1 });
}

function header4(bytes: Uint8Array): { ip: Ip; payload: Uint8Array } {
  const reader = new Reader(bytes);
  const headerLength = (reader.u8('IPv4 header') & 0x0f) * 4;
  if (headerLength < 20) throw new Malformed(`an IPv4 header of ${headerLength} bytes`);
  const tos = reader.u8('IPv4 header');
  const totalLength = reader.u16('IPv4 header');
  const id = reader.u16('IPv4 header');
  const flags = reader.u16('IPv4 header');
  const ttl = reader.u8('IPv4 header');
  const protocol = reader.u8('IPv4 header');
  const checksum = reader.u16('IPv4 header');
  const source = reader.ipv4('IPv4 header');
  const destination = reader.ipv4('IPv4 header');
  const options = reader.take(headerLength - 20, 'IPv4 options');
  if (totalLength !== 0 && totalLength < headerLength)
    throw new Malformed(`an IPv4 datagram of ${totalLength} bytes with a header of ${headerLength}`);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  const ip: Ip = {
    version: 4,
    source,
    destination,
    ttl,
    protocol,
    totalLength,
    headerLength,
    id,
    tos,
    dontFragment: (flags & 0x4000) !== 0,
    ...(offset > 0 || more ? { fragment: { offset, more } } : {}),
    checksum,
    checksumRight: onesComplementSum(bytes.subarray(0, headerLength)) === 0xffff,
    ...(options.length > 0 ? { options: hex(options) } : {}),
  };
  // Ethernet pads short frames: what lies behind the total length is not payload.
  return { ip, payload: bytes.subarray(headerLength, totalLength === 0 ? bytes.length : totalLength) };
}

/** Extension headers with the same shape: next header, length in 8-byte units beyond the first (RFC 8200). */
const EXTENSIONS = new Set([0, 43, 60, 135]);
const FRAGMENT_HEADER = 44;

function header6(bytes: Uint8Array): { ip: Ip; payload: Uint8Array } {
  const reader = new Reader(bytes);
  const word = reader.u32('IPv6 header');
  const payloadLength = reader.u16('IPv6 header');
  let protocol = reader.u8('IPv6 header');
  const ttl = reader.u8('IPv6 header');
  const source = reader.ipv6('IPv6 header');
  const destination = reader.ipv6('IPv6 header');
  let fragment: Ip['fragment'];
  while (EXTENSIONS.has(protocol) || protocol === FRAGMENT_HEADER) {
    const next = reader.u8('IPv6 extension header');
    const length = reader.u8('IPv6 extension header');
    if (protocol === FRAGMENT_HEADER) {
      const word16 = reader.u16('IPv6 fragment header');
      reader.take(4, 'IPv6 fragment header');
      fragment = { offset: word16 & 0xfff8, more: (word16 & 1) !== 0 };
    } else {
      reader.take(length * 8 + 6, 'IPv6 extension header');
    }
    protocol = next;
    if (fragment !== undefined && fragment.offset > 0) break;
  }
  const ip: Ip = {
    version: 6,
    source,
    destination,
    ttl,
    protocol,
    totalLength: payloadLength === 0 ? 0 : 40 + payloadLength,
    headerLength: reader.offset,
    tos: (word >>> 20) & 0xff,
    ...(fragment !== undefined ? { fragment } : {}),
  };
  return {
    ip,
    payload: bytes.subarray(reader.offset, payloadLength === 0 ? bytes.length : 40 + payloadLength),
  };
}

function decodePayload(ip: Ip, payload: Uint8Array, options: IpOptions): void {
  // By the header, because the snap length may have cut what was captured.
  const length = ip.totalLength === 0 ? payload.length : ip.totalLength - ip.headerLength;
  const carry = (bytes: Uint8Array): void => {
    const holder: { ip?: Ip } = {};
    try {
      decodeIp(holder, bytes, options);
    } finally {
      if (holder.ip !== undefined) ip.inner = holder.ip;
    }
  };
  switch (ip.protocol) {
    case PROTOCOL.tcp:
      decodeTcp(ip, payload, length);
      return;
    case PROTOCOL.udp: {
      const data = decodeUdp(ip, payload, length);
      const inner = ip.udp?.destination === options.guePort ? decodeGue(ip, data) : undefined;
      if (inner !== undefined) carry(inner);
      else if (ip.udp?.payloadLength === data.length) ip.udp.digest = digest(data);
      return;
    }
    case PROTOCOL.icmp:
      decodeIcmp(ip, payload, options);
      return;
    case PROTOCOL.icmp6:
      decodeIcmp6(ip, payload, options);
      return;
    case PROTOCOL.ipip:
    case PROTOCOL.ipv6:
      carry(payload);
      return;
    case PROTOCOL.gre: {
      const inner = decodeGre(ip, payload);
      if (inner !== undefined) carry(inner);
      return;
    }
    default:
  }
}

/** The Internet checksum's sum (RFC 1071); 0xffff over a header that holds its own right checksum. */
function onesComplementSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
