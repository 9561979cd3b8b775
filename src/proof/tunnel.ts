import { Reader } from './bytes.ts';
import type { Ip } from './packet.ts';

/**
 * Decodes a GRE header into `ip.gre` (RFC 2784; key and sequence RFC 2890).
 * @returns the datagram that it carries, where that is IP
 * @throws Malformed
 */
export function decodeGre(ip: Ip, bytes: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(bytes);
  const flags = reader.u16('GRE header');
  ip.gre = { protocol: reader.u16('GRE header') };
  // Version 1 is PPTP's, with another layout; the routing bit's field is obsolete and of variable length.
  if ((flags & 0x0007) !== 0 || (flags & 0x4000) !== 0) return undefined;
  if ((flags & 0x8000) !== 0) reader.take(4, 'GRE checksum');
  if ((flags & 0x2000) !== 0) ip.gre.key = reader.u32('GRE key');
  if ((flags & 0x1000) !== 0) ip.gre.sequence = reader.u32('GRE sequence');
  return ip.gre.protocol === 0x0800 || ip.gre.protocol === 0x86dd ? reader.rest() : undefined;
}

/**
 * Decodes a GUE header into `ip.gue` (draft-ietf-intarea-gue): version 0 with its optional fields, and version 1,
 * which has no header at all: the payload's own IP version nibble stands there.
 * @returns the datagram that it carries, where that is IP
 * @throws Malformed
 */
export function decodeGue(ip: Ip, bytes: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(bytes);
  const first = reader.u8('GUE header');
  const version = first >> 6;
  if (version === 1) {
    const protocol = first >> 4 === 4 ? 4 : 41;
    ip.gue = { protocol, control: false };
    return bytes;
  }
  if (version !== 0) return undefined;
  const control = (first & 0x20) !== 0;
  const protocol = reader.u8('GUE header');
  reader.take(2, 'GUE flags');
  reader.take((first & 0x1f) * 4, 'GUE optional fields');
  ip.gue = { protocol, control };
  return !control && (protocol === 4 || protocol === 41) ? reader.rest() : undefined;
}
