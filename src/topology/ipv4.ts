import ipaddr from 'ipaddr.js';

/** A block of IPv4 addresses as numbers; the network's own and the broadcast address included. */
export interface Range {
  first: number;
  size: number;
  prefix: number;
}

/** Prefixes of the largest and the smallest subnet that can be a lab's network. */
export const PREFIXES = { largest: 8, smallest: 30 } as const;

/** Why a text cannot be what the file wants there, and what could. */
export interface Fault {
  why: string;
  mend: string;
}

/** Whether a text is an IPv4 address of four decimal numbers: not octal, not shortened. */
export function isIPv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** An IPv4 address as an unsigned 32-bit number. */
export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The dotted form of an unsigned 32-bit number. */
export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Address and prefix of an IPv4 CIDR; undefined where it is none. Host bits may be set. */
export function parseCidr(text: string): { address: string; prefix: number } | undefined {
  const [, address = '', digits = ''] = /^([\d.]+)\/(\d{1,3})$/.exec(text) ?? [];
  return isIPv4(address) ? { address, prefix: Number(digits) } : undefined;
}

/** The block that an address and a prefix of 0 to 32 name, host bits cleared. */
export function block(address: string, prefix: number): Range {
  const size = 2 ** (32 - prefix);
  return { first: Math.floor(toNumber(address) / size) * size, size, prefix };
}

/** A block in the form of the file: `10.0.0.0/24`. */
export function toCidr(range: Range): string {
  return `${toAddress(range.first)}/${range.prefix}`;
}

/** Whether an address lies in a block. */
export function contains(range: Range, address: string): boolean {
  const value = toNumber(address);
  return value >= range.first && value < range.first + range.size;
}

/** What an address is to its subnet where no machine can have it; undefined where one can. */
export function reservedIn(range: Range, address: string): string | undefined {
  const value = toNumber(address);
  if (value === range.first) return 'network address';
  if (value === range.first + range.size - 1) return 'broadcast address';
  return undefined;
}

const UNUSABLE: Fault = {
  why: 'cannot belong to a machine',
  mend: '0.0.0.0/8, 127.0.0.0/8 and everything from 224.0.0.0 on have meanings of their own',
};

/** Whether the kernel gives an address a meaning of its own (this host, loopback, multicast, reserved). */
export function unusable(address: string): Fault | undefined {
  const first = Number(address.split('.')[0]);
  return first === 0 || first === 127 || first >= 224 ? UNUSABLE : undefined;
}

/** What is wrong with an address of a machine; undefined where nothing is. */
export function addressFault(text: string, example: string): Fault | undefined {
  if (isIPv4(text)) return unusable(text);
  const [bare = ''] = text.split('/');
  if (text.includes('/') && isIPv4(bare))
    return { why: 'has a prefix', mend: `write the address alone: ${bare}` };
  if (ipaddr.IPv6.isValid(bare))
    return {
      why: 'is an IPv6 address, which is not supported yet',
      mend: `use an IPv4 address, such as ${example}`,
    };
  return {
    why: 'is not an IPv4 address',
    mend: `four numbers from 0 to 255 with dots between them, such as ${example}`,
  };
}

/** What is wrong with an IPv4 network written as address and prefix; undefined where nothing is. */
export function cidrFault(text: string, least: number, most: number): Fault | undefined {
  const [bare = ''] = text.split('/');
  const parsed = parseCidr(text);
  if (parsed === undefined) {
    if (isIPv4(text)) return { why: 'has no prefix', mend: `write the prefix as well, such as ${text}/24` };
    if (ipaddr.IPv6.isValid(bare))
      return { why: 'is IPv6, which is not supported yet', mend: 'use an IPv4 network, such as 10.0.0.0/24' };
    return { why: 'is not an IPv4 network', mend: 'an address and a prefix, such as 10.0.0.0/24' };
  }
  const { address, prefix } = parsed;
  if (prefix < least || prefix > most)
    return {
      why: `has prefix /${prefix}, which is not between /${least} and /${most}`,
      mend: `such as ${toCidr(block(address, 24))}`,
    };
  const right = toCidr(block(address, prefix));
  return right === `${address}/${prefix}`
    ? undefined
    : { why: 'has host bits set', mend: `the network is ${right}` };
}
