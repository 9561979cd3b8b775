import { describe, expect, it } from 'vitest';
import { rowOf, sortRows, SORTS, type SeatFacts } from '../../../src/class/board.ts';
import type { Exercise } from '../../../src/exercises/exercise.ts';
import { FAULTS } from '../../../src/exercises/registry.ts';
import { age, boardLines, boardPage } from '../../../src/report/class-board.ts';
import { pageHtml } from '../../../src/report/document.ts';

const [fault] = FAULTS;
if (fault === undefined) throw new Error('there are no faults');
const on: Exercise = {
  ...{ number: 1, fault, bindings: {}, seed: 1, language: 'en' as const },
  ...{
    began: '2026-01-01T10:00:00.000Z',
    hints: [{ time: '2026-01-01T10:05:00.000Z', by: 'hint' }],
    tries: [],
  },
};
const fixed: Exercise = { ...on, ended: '2026-01-01T10:10:00.000Z', how: 'fixed' };
const failed = { time: '2026-01-01T10:03:00.000Z', outcome: 'fail', failed: ['answers'] };

const facts = (seat: string, more: Partial<SeatFacts<string>> = {}): SeatFacts<string> => ({
  ...{ seat, name: seat.toUpperCase(), lab: `nat-${seat}`, state: 'up' },
  ...{ test: undefined, exercises: [], noted: undefined },
  ...more,
});
const row = (seat: string, more?: Partial<SeatFacts<string>>) => rowOf(facts(seat, more), 'en');

describe('a row of the board', () => {
  it('of a seat where nothing was done yet is empty', () => {
    expect(row('a')).toMatchObject({ broken: false, test: null, exercise: null, points: 0, activity: null });
  });

  it('is broken while an exercise is on, and where the last test failed', () => {
    expect(row('a', { exercises: [on] })).toMatchObject({
      ...{ broken: true, hints: 1, tries: 0, points: 0, activity: '2026-01-01T10:05:00.000Z' },
      exercise: { number: 1, how: 'on' },
    });
    expect(row('a', { test: failed })).toMatchObject({ broken: true, failed: ['answers'] });
    expect(row('a', { test: { ...failed, outcome: 'pass' } }).broken).toBe(false);
  });

  it('is not broken by a test from before the fix, but by one after it', () => {
    expect(row('a', { exercises: [fixed], test: failed })).toMatchObject({ broken: false, points: 90 });
    const later = { ...failed, time: '2026-01-01T10:11:00.000Z' };
    expect(row('a', { exercises: [fixed], test: later }).broken).toBe(true);
  });

  it('tells the last activity, noted or written down', () => {
    const noted = Date.parse('2026-01-01T11:00:00Z');
    expect(row('a', { exercises: [fixed], noted }).activity).toBe('2026-01-01T11:00:00.000Z');
    expect(row('a', { exercises: [fixed] }).activity).toBe('2026-01-01T10:10:00.000Z');
  });
});

describe('the board', () => {
  const rows = [
    row('a', { exercises: [fixed] }),
    row('b', { exercises: [on], test: failed }),
    row('c', { state: 'dead', name: 'AA' }),
    row('d', { test: { ...failed, outcome: 'pass', failed: [] }, noted: Date.parse('2026-01-01T12:00:00Z') }),
  ];
  it.each([
    ['seat', 'abcd'],
    ['name', 'acbd'],
    ['state', 'cbad'],
    ['test', 'bacd'],
    ['exercise', 'bacd'],
    ['hints', 'abcd'],
    ['tries', 'abcd'],
    ['points', 'abcd'],
    ['activity', 'dabc'],
  ] as const)('by %s is in the order %s', (sort, order) => {
    expect(SORTS).toContain(sort);
    expect(
      sortRows(rows, sort)
        .map(({ seat }) => seat)
        .join(''),
    ).toBe(order);
  });

  const frame = { class: 'nat', topology: 'nat', time: '2026-01-01T12:30:00.000Z' };

  it('says in a line each what matters', () => {
    const named = rows.map((r) =>
      r.seat === 'd' ? { ...r, name: 'Maximiliane-Charlotte von Hohenfels' } : r,
    ) as never;
    const lines = boardLines({ ...frame, rows: named }).map(({ text }) => text);
    expect(lines[0]).toBe('class nat from nat: 4 seats, 3 up, 1 of them broken  12:30:00 UTC');
    expect(lines[3]).toMatch(/^a +A +up +– +1 fixed +1 +0 +90 +140 h|^a +A +up +– +1 fixed +1 +0 +90 +2 h/);
    expect(lines[4]).toMatch(/^b +B +broken +fail +1 on +1 +0 +0 +/);
    expect(lines[5]).toMatch(/^c +AA +dead/);
    expect(lines[6]).toMatch(/^d +Maximiliane-Charlot… +up +pass +– .* 30 min/);
  });

  it('is a page, where a name is text and nothing else', () => {
    const bad = [{ ...rows[0], name: '<script>x' }] as never;
    const html = pageHtml(boardPage({ ...frame, rows: bad }));
    expect(html).toContain('&lt;script');
    expect(html).not.toContain('<script>x');
  });

  it('tells ages in words', () => {
    expect([0, 59_000, 60_000, 7_100_000, 7_200_000].map(age)).toEqual([
      ...['just now', 'just now', '1 min', '118 min', '2 h'],
    ]);
  });
});
