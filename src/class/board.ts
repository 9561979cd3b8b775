import { scoreOf, type Exercise } from '../exercises/exercise.ts';
import type { Language } from '../exercises/types.ts';
import type { Seat } from './roster.ts';

/** What is known of a seat, from its lab and from what was written down. */
export interface SeatFacts<State extends string> extends Seat {
  lab: string;
  state: State;
  test: { time: string; outcome: string; failed: string[] } | undefined;
  exercises: readonly Exercise[];
  /** When somebody was last at work there, as far as it was noted: milliseconds since 1970. */
  noted: number | undefined;
}

/** A seat's row on the board. */
export interface BoardRow<State extends string> extends Seat {
  lab: string;
  state: State;
  /** An exercise is on, or the last test did not pass. */
  broken: boolean;
  /** `pass`, `fail`, `unknown`; null where it was never tested. */
  test: string | null;
  /** Titles of the checks that did not pass. */
  failed: string[];
  /** The last one; null where there was none. */
  exercise: { number: number; title: string; how: string } | null;
  hints: number;
  tries: number;
  /** Of all exercises. */
  points: number;
  /** ISO 8601; null where nothing was done yet. */
  activity: string | null;
}

export const SORTS = [
  'seat',
  'name',
  'state',
  'test',
  'exercise',
  'hints',
  'tries',
  'points',
  'activity',
] as const;
export type BoardSort = (typeof SORTS)[number];

export function rowOf<State extends string>(facts: SeatFacts<State>, language: Language): BoardRow<State> {
  const { seat, name, lab, state, test, exercises } = facts;
  const last = exercises.at(-1);
  const on = last !== undefined && last.ended === undefined;
  // A test from before the exercise's end says nothing of what is now.
  const stale =
    last?.ended !== undefined && test !== undefined && test.time < last.ended && last.how === 'fixed';
  const times = [
    ...exercises.flatMap((e) => [
      e.began,
      e.ended ?? '',
      ...e.hints.map((h) => h.time),
      ...e.tries.map((t) => t.time),
    ]),
  ].flatMap((time) => (time === '' ? [] : [Date.parse(time)]));
  const latest = Math.max(...times, facts.noted ?? -Infinity);
  return {
    ...{ seat, name, lab, state },
    broken: on || (test !== undefined && test.outcome !== 'pass' && !stale),
    test: test?.outcome ?? null,
    failed: test?.failed ?? [],
    exercise:
      last === undefined
        ? null
        : { number: last.number, title: last.fault.texts[language].title, how: last.how ?? 'on' },
    hints: last?.hints.length ?? 0,
    tries: last?.tries.length ?? 0,
    points: exercises.reduce((sum, e) => sum + scoreOf(e), 0),
    activity: Number.isFinite(latest) ? new Date(latest).toISOString() : null,
  };
}

/** Which comes first of what a word can say: what wants a look. */
const URGENCY = ['fail', 'unknown', null, 'pass'];

/** Rows in order: by words from a, by figures the greatest first, and what wants a look before what does not. */
export function sortRows<State extends string>(
  rows: readonly BoardRow<State>[],
  by: BoardSort,
): BoardRow<State>[] {
  const key = (row: BoardRow<State>): number | string => {
    switch (by) {
      case 'seat':
        return '';
      case 'name':
        return row.name.toLowerCase();
      case 'state':
        return row.state === 'up' ? (row.broken ? 1 : 2) : 0;
      case 'test':
        return URGENCY.indexOf(row.test);
      case 'exercise':
        return row.exercise === null ? 2 : row.exercise.how === 'on' ? 0 : 1;
      case 'hints':
      case 'tries':
      case 'points':
        return -row[by];
      case 'activity':
        return row.activity === null ? 0 : -Date.parse(row.activity);
    }
  };
  // Equal ones stay in the order of their seats.
  return [...rows].sort((a, b) => {
    const [one, other] = [key(a), key(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  });
}
