import { describe, expect, it } from 'vitest';
import { FILES, textOf } from './sources.ts';

/** Where events are put in the order of the times that they bear, which are those of the calendar. */
const BY_CALENDAR = ['timeline/journal.ts', 'report/in-order.ts'];

describe('the time of day', () => {
  it('measures nothing: it may be set while a command runs', () => {
    const measured = /Date\.now\(\)\s*[-+<>]|[-+<>]=?\s*Date\.now\(\)/;
    expect(measured.test('const limit = Date.now() + 5;')).toBe(true);
    expect(measured.test('while (Date.now() < limit)')).toBe(true);
    expect(FILES.filter((file) => measured.test(textOf(file)) && !BY_CALENDAR.includes(file))).toEqual([]);
  });
});
