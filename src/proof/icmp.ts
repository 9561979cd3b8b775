import { Malformed, Reader } from './bytes.ts';
import { decodeIp, type IpOptions } from './ip.ts';
import type { Icmp, Ip } from './packet.ts';

/** Error messages that quote the datagram they are about: unreachable, quench, redirect, exceeded, parameter. */
const QUOTING = new Set([3, 4, 5, 11, 12]);

/** Decodes an ICMP message into `ip.icmp` (RFC 792). @throws Malformed */
export function decodeIcmp(ip: Ip, bytes: Uint8Array, options: IpOptions): void {
  const reader = new Reader(bytes);
  const icmp: Icmp = { type: reader.u8('ICMP header'), code: reader.u8('ICMP header') };
  reader.take(2, 'ICMP header');
  ip.icmp = icmp;
  if (icmp.type === 0 || icmp.type === 8) {
    icmp.echo = { id: reader.u16('ICMP echo'), sequence: reader.u16('ICMP echo') };
    return;
  }
  if (!QUOTING.has(icmp.type)) return;
  reader.take(2, 'ICMP header');
  const low = reader.u16('ICMP header');
  // The MTU of the next hop (RFC 1191).
  if (icmp.type === 3 && icmp.code === 4) icmp.mtu = low;
  quote(icmp, reader.rest(), options);
}

/** Decodes an ICMPv6 message into `ip.icmp` (RFC 4443, RFC 4861). @throws Malformed */
export function decodeIcmp6(ip: Ip, bytes: Uint8Array, options: IpOptions): void {
  const reader = new Reader(bytes);
  const icmp: Icmp = { type: reader.u8('ICMPv6 header'), code: reader.u8('ICMPv6 header') };
  reader.take(2, 'ICMPv6 header');
  ip.icmp = icmp;
  if (icmp.type === 128 || icmp.type === 129) {
    icmp.echo = { id: reader.u16('ICMPv6 echo'), sequence: reader.u16('ICMPv6 echo') };
  } else if (icmp.type === 135 || icmp.type === 136) {
    reader.take(4, 'neighbour discovery');
    const target = reader.ipv6('neighbour discovery');
    icmp.neighbour = { kind: icmp.type === 135 ? 'solicitation' : 'advertisement', target };
    const mac = linkAddress(reader);
    if (mac !== undefined) icmp.neighbour.mac = mac;
  } else if (icmp.type < 128) {
    const word = reader.u32('ICMPv6 header');
    if (icmp.type === 2) icmp.mtu = word;
    quote(icmp, reader.rest(), options);
  }
}

/** Source (1) or target (2) link-layer address option. */
function linkAddress(reader: Reader): string | undefined {
  while (reader.left > 0) {
    const type = reader.u8('neighbour discovery option');
    const length = reader.u8('neighbour discovery option') * 8;
    if (length === 0) throw new Malformed('a neighbour discovery option of 0 bytes');
    const value = new Reader(reader.take(length - 2, 'neighbour discovery option'));
    if (type === 1 || type === 2) return value.mac('neighbour discovery option');
  }
  return undefined;
}

/** An error quotes as much as its sender liked: at least 8 bytes behind the IP header, so a cut is no problem. */
function quote(icmp: Icmp, bytes: Uint8Array, options: IpOptions): void {
  const holder: { ip?: Ip } = {};
  try {
    decodeIp(holder, bytes, options);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  if (holder.ip !== undefined) icmp.quoted = holder.ip;
}
