import ipaddr from 'ipaddr.js';
import { block, familyOf, parseCidr, toCidr, type Range } from '../ip.ts';
import type { Family } from '../types.ts';

/** Prefixes of the largest and the smallest subnet that can be a lab's network. */
const PREFIXES: Record<Family, { largest: number; smallest: number; usual: number }> = {
  4: { largest: 8, smallest: 30, usual: 24 },
  6: { largest: 16, smallest: 126, usual: 64 },
};

const EXAMPLES: Record<Family, { address: string; network: string }> = {
  4: { address: '10.0.0.1', network: '10.0.0.0/24' },
  6: { address: '2001:db8:1::11', network: '2001:db8:1::/64' },
};

/** Why a text cannot be what the file wants there, and what could. */
export interface ValueFault {
  why: string;
  fix: string;
}

/** Ranges in which the kernel gives an address a meaning of its own, in the words of ipaddr.js. */
const SPECIAL6 = new Set(['unspecified', 'loopback', 'linkLocal', 'multicast', 'ipv4Mapped']);

/** Whether the kernel gives an address a meaning of its own (this host, loopback, multicast, reserved). */
export function unusable(address: string): ValueFault | undefined {
  if (familyOf(address) === 6)
    return SPECIAL6.has(ipaddr.IPv6.parse(address).range())
      ? {
          why: 'cannot belong to a machine',
          fix: '::, ::1, ::ffff:0:0/96, fe80::/10 and ff00::/8 have meanings of their own: 2001:db8::/32 is for examples',
        }
      : undefined;
  const first = Number(address.split('.')[0]);
  return first === 0 || first === 127 || first >= 224
    ? {
        why: 'cannot belong to a machine',
        fix: '0.0.0.0/8, 127.0.0.0/8 and everything from 224.0.0.0 on have meanings of their own',
      }
    : undefined;
}

/** What is wrong with an address of a machine; undefined where nothing is. */
export function addressFault(text: string, example: string): ValueFault | undefined {
  if (familyOf(text) !== undefined) return unusable(text);
  const [bare = ''] = text.split('/');
  if (text.includes('/') && familyOf(bare) !== undefined)
    return { why: 'has a prefix', fix: `write the address alone: ${bare}` };
  const [zoneless = ''] = text.split('%');
  if (text.includes('%') && familyOf(zoneless) === 6)
    return { why: 'has a zone', fix: `write the address alone: ${zoneless}` };
  if (text.includes(':'))
    return {
      why: 'is not an IPv6 address',
      fix: `up to eight groups of hexadecimal digits with colons between them, one :: for groups of zeros, such as ${familyOf(example) === 6 ? example : EXAMPLES[6].address}`,
    };
  return {
    why: 'is not an IPv4 address',
    fix: `four numbers from 0 to 255 with dots between them, such as ${familyOf(example) === 4 ? example : EXAMPLES[4].address}`,
  };
}

/** What is wrong with a subnet of a lab; undefined where nothing is. */
export function subnetFault(text: string): ValueFault | undefined {
  const parsed = parseCidr(text);
  const { largest, smallest } = PREFIXES[parsed?.family ?? 4];
  return cidrFault(text, largest, smallest) ?? (parsed === undefined ? undefined : unusable(parsed.address));
}

/** The block of a subnet, also where its host bits are set: the network that was meant is clear. */
export function subnetRange(text: string): Range | undefined {
  const parsed = parseCidr(text);
  if (parsed === undefined) return undefined;
  const { largest, smallest } = PREFIXES[parsed.family];
  return parsed.prefix >= largest && parsed.prefix <= smallest
    ? block(parsed.address, parsed.prefix)
    : undefined;
}

/** What is wrong with a network written as address and prefix; undefined where nothing is. */
export function cidrFault(text: string, least: number, most: number): ValueFault | undefined {
  const parsed = parseCidr(text);
  const bare = familyOf(text);
  if (parsed === undefined) {
    if (bare !== undefined)
      return {
        why: 'has no prefix',
        fix: `write the prefix as well, such as ${text}/${PREFIXES[bare].usual}`,
      };
    const family = text.includes(':') ? 6 : 4;
    return {
      why: `is not an IPv${family} network`,
      fix: `an address and a prefix, such as ${EXAMPLES[family].network}`,
    };
  }
  const { family, address, prefix } = parsed;
  if (prefix < least || prefix > most)
    return {
      why: `has prefix /${prefix}, which is not between /${least} and /${most}`,
      fix: `such as ${toCidr(block(address, PREFIXES[family].usual))}`,
    };
  const right = block(address, prefix);
  return right.first === block(address, family === 4 ? 32 : 128).first
    ? undefined
    : { why: 'has host bits set', fix: `the network is ${toCidr(right)}` };
}
