import { expect, it } from 'vitest';
import { megabytes, needsOf, needsText } from '../../../src/class/needs.ts';

const measured = { seconds: 3, memory: 60 };
const machine = { available: 2000, ceiling: 320, processors: 2 };

it('what seats need is reckoned from one', () => {
  expect(needsOf(20, measured, machine)).toMatchObject({ memory: 1200, most: 6400, seconds: 30, fit: 20 });
});

it('a tenth of the memory stays for others', () => {
  expect(needsOf(40, measured, machine).fit).toBe(30);
  expect(needsOf(30, measured, machine).fit).toBe(30);
});

it('a seat that is larger than its ceiling says is believed', () => {
  expect(needsOf(1, { seconds: 1, memory: 400 }, machine).most).toBe(400);
});

it('is said in words', () => {
  expect(needsText(needsOf(1, measured, machine), measured)).toBe(
    '1 more seat: about 60 MB of 2.0 GB that are free, and 2 s (one took 60 MB and 3.0 s)',
  );
  expect(megabytes(1536)).toBe('1.5 GB');
});
