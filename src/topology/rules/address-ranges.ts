import { familyOf, toAddress, toNumber } from '../ip.ts';
import type { ValueFault } from './ip-faults.ts';

/** As many as a class of networks has; more say nothing that these do not. */
const MOST = 254;

/** The addresses that a range (`10.0.0.50-10.0.0.59`) stands for; what is no range, or none that makes sense, as it is. */
export function addressesIn(text: string): string[] {
  const [first, last] = endsOf(text) ?? [];
  if (first === undefined || last === undefined || rangeFault(text) !== undefined) return [text];
  const start = toNumber(first);
  return Array.from({ length: Number(toNumber(last) - start) + 1 }, (_, index) =>
    toAddress(4, start + BigInt(index)),
  );
}

/** What is wrong with a range of addresses; undefined where nothing is, and where it is not meant as one. */
export function rangeFault(text: string): ValueFault | undefined {
  if (!text.includes('-')) return undefined;
  const ends = endsOf(text);
  if (ends === undefined)
    return {
      why: 'is not a range of IPv4 addresses',
      fix: 'write the first and the last: 10.0.0.50-10.0.0.59',
    };
  const [first, last] = ends;
  const size = Number(toNumber(last) - toNumber(first)) + 1;
  if (size < 1) return { why: 'ends before it begins', fix: `write ${last}-${first}` };
  return size > MOST
    ? { why: `is a range of ${size} addresses, and the limit is ${MOST}`, fix: 'take a shorter one' }
    : undefined;
}

function endsOf(text: string): [string, string] | undefined {
  const [first = '', last = '', ...more] = text.split('-').map((part) => part.trim());
  return more.length === 0 && familyOf(first) === 4 && familyOf(last) === 4 ? [first, last] : undefined;
}
