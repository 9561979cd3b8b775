import ipaddr from 'ipaddr.js';
import type { Family } from './types.ts';

/** A block of addresses as numbers; those that no machine can have included. */
export interface Range {
  family: Family;
  first: bigint;
  size: bigint;
  prefix: number;
}

/** Bits of an address. */
export const BITS: Record<Family, 32 | 128> = { 4: 32, 6: 128 };

/**
 * The family of an address; undefined where a text is none. IPv4 is four decimal numbers, not octal, not shortened;
 * IPv6 comes without a zone.
 */
export function familyOf(text: string): Family | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return 4;
  return text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text) ? 6 : undefined;
}

/** The one way to write an address (RFC 5952 for IPv6); what is none stays as it is. */
export function canonical(address: string): string {
  return familyOf(address) === 6 ? ipaddr.IPv6.parse(address).toRFC5952String() : address;
}

/** An address as an unsigned number of 32 or 128 bits. */
export function toNumber(address: string): bigint {
  return ipaddr
    .parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** The canonical text of an unsigned number of 32 or 128 bits. */
export function toAddress(family: Family, value: bigint): string {
  const bytes = Array.from({ length: BITS[family] / 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  return canonical(ipaddr.fromByteArray(bytes.reverse()).toString());
}

/** Address and prefix of a CIDR; undefined where it is none. Host bits may be set. */
export function parseCidr(text: string): { family: Family; address: string; prefix: number } | undefined {
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = familyOf(address);
  return family === undefined ? undefined : { family, address, prefix: Number(digits) };
}

/** The block that an address and a prefix of 0 to 32 or 128 name, host bits cleared. */
export function block(address: string, prefix: number): Range {
  const family = familyOf(address) ?? 4;
  const size = 1n << BigInt(BITS[family] - prefix);
  return { family, first: (toNumber(address) / size) * size, size, prefix };
}

/** A block in the form of the file: `10.0.0.0/24`. */
export function toCidr({ family, first, prefix }: Range): string {
  return `${toAddress(family, first)}/${prefix}`;
}

/** Whether an address lies in a block. */
export function contains(range: Range, address: string): boolean {
  if (familyOf(address) !== range.family) return false;
  const value = toNumber(address);
  return value >= range.first && value < range.first + range.size;
}

/** Whether two blocks have an address in common. */
export function overlap(a: Range, b: Range): boolean {
  return a.family === b.family && a.first < b.first + b.size && b.first < a.first + a.size;
}

/** The first and the last address of a block that a machine can have. */
export function usable({ family, first, size }: Range): { first: bigint; last: bigint } {
  return { first: first + 1n, last: first + size - (family === 4 ? 2n : 1n) };
}

/** What an address is to its subnet where no machine can have it; undefined where one can. */
export function reservedIn(range: Range, address: string): string | undefined {
  const value = toNumber(address);
  const { first, last } = usable(range);
  // Every router answers to it (RFC 4291, 2.6.1).
  if (value < first) return range.family === 4 ? 'network address' : 'address of all routers (anycast)';
  return value > last ? 'broadcast address' : undefined;
}
