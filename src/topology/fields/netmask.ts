import { BITS, familyOf, toAddress, toNumber } from '../ip.ts';
import type { ValueFault } from '../rules/ip-faults.ts';

/** How many bits of an address a dotted mask keeps; undefined where it is no mask. */
export function maskBits(mask: string): number | undefined {
  if (familyOf(mask) !== 4) return undefined;
  const bits = toNumber(mask).toString(2).padStart(32, '0').indexOf('0');
  const prefix = bits < 0 ? 32 : bits;
  return dotted(prefix) === mask ? prefix : undefined;
}

/** A mask of so many bits as ipvsadm takes it for a VIP: 255.255.255.0 for IPv4, 64 for IPv6. */
export function maskOf(vip: string, prefix: number): string {
  return familyOf(vip) === 6 ? String(prefix) : dotted(prefix);
}

function dotted(prefix: number): string {
  return toAddress(4, (1n << 32n) - (1n << BigInt(32 - prefix)));
}

/** What is wrong with a mask, in dots or as bits, for the clients of a VIP; undefined where nothing is. */
export function maskFault(mask: string | number, vip: string): ValueFault | undefined {
  const family = familyOf(vip) ?? 4;
  if (typeof mask === 'number')
    return mask <= BITS[family]
      ? undefined
      : {
          why: `has more bits than the ${BITS[family]} of an IPv${family} address`,
          fix: `a whole number from 1 to ${BITS[family]}`,
        };
  const fix =
    family === 4
      ? 'such as 255.255.255.0, or its bits, 1 to 32, without quotes'
      : 'IPv6 takes the number of bits alone, 1 to 128, without quotes';
  if (family === 6) return { why: 'is no mask for IPv6', fix };
  if (familyOf(mask) !== 4) return { why: 'is not four numbers from 0 to 255 with dots between them', fix };
  const bits = maskBits(mask);
  if (bits === undefined) return { why: 'has a gap: its ones must all come before its zeros', fix };
  return bits === 0 ? { why: 'would make one client of all', fix } : undefined;
}
