import { describe, expect, it } from 'vitest';
import { RECOVERED, outages } from '../../../src/proof/outages.ts';

/** Requests a hundred milliseconds apart, each as long: `1` answered, `0` failed. */
function requests(text: string) {
  return Array.from(text, (c, index) => ({
    began: index * 100,
    ended: index * 100 + 50,
    server: c === '1' ? 'rs1' : undefined,
    error: c === '1' ? '' : 'refused',
  }));
}
const GOOD = '1'.repeat(RECOVERED);

describe('a time in which requests failed', () => {
  it('is none where all were answered', () => {
    expect(outages(requests(GOOD))).toEqual([]);
  });

  it('is one where every other request fails, and ends with enough good ones', () => {
    expect(outages(requests(`11010${GOOD}`))).toEqual([
      { from: 200, until: 450, failed: 2, answered: 1, errors: ['refused'], over: true, recovered: 550 },
    ]);
  });

  it('is not over before', () => {
    expect(outages(requests(`10${GOOD.slice(1)}`))[0]).toMatchObject({ failed: 1, answered: 0, over: false });
  });

  it('is another one after that', () => {
    expect(outages(requests(`0${GOOD}00`)).map(({ failed, over }) => [failed, over])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});
