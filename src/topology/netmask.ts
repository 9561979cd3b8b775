import { isIPv4, toAddress, toNumber, type Fault } from './ipv4.ts';

/** How many bits of an address a dotted mask keeps; undefined where it is no mask. */
export function maskBits(mask: string): number | undefined {
  if (!isIPv4(mask)) return undefined;
  const bits = toNumber(mask).toString(2).padStart(32, '0').indexOf('0');
  const prefix = bits < 0 ? 32 : bits;
  return maskOf(prefix) === mask ? prefix : undefined;
}

/** The dotted form of a mask of so many bits: 24 is 255.255.255.0. */
export function maskOf(prefix: number): string {
  return toAddress(2 ** 32 - 2 ** (32 - prefix));
}

/** What is wrong with a dotted mask; undefined where nothing is. */
export function maskFault(mask: string): Fault | undefined {
  const mend = 'such as 255.255.255.0, or its bits, 1 to 32, without quotes';
  if (!isIPv4(mask)) return { why: 'is not four numbers from 0 to 255 with dots between them', mend };
  const bits = maskBits(mask);
  if (bits === undefined) return { why: 'has a gap: its ones must all come before its zeros', mend };
  return bits === 0
    ? {
        why: 'would make one client of all',
        mend: 'the widest is 128.0.0.0: leave out the others’ bits only',
      }
    : undefined;
}
