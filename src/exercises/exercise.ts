import type { Cast } from './cast.ts';
import type { Fault, Language } from './types.ts';

/** An exercise as it is kept with its lab: on the host, where no node can read it. */
export interface Exercise {
  /** Counts from 1 in its lab. */
  number: number;
  /** Whole, so that a later version of it, or of the tool, changes nothing. */
  fault: Fault;
  cast: Cast;
  seed: number;
  language: Language;
  /** ISO 8601. */
  began: string;
  /** Absent while it is on. */
  ended?: string;
  /** `solved`: the answer was asked for; `forfeited`: the lab was reset. */
  how?: 'mended' | 'solved' | 'forfeited';
  hints: Hint[];
  tries: Try[];
}

export interface Hint {
  /** ISO 8601. */
  time: string;
  /** `hint`, or the command that says what differs, which counts as one. */
  by: string;
}

export interface Try {
  /** ISO 8601. */
  time: string;
  right: number;
  of: number;
  mended: boolean;
}

const FULL = 100;
const HINT = 10;
const VAIN_TRY = 5;
const LEAST = 10;

/** Points: all for a mend at once, fewer for each hint and each check in vain, none for what was not mended. */
export function scoreOf({ how, hints, tries }: Exercise): number {
  if (how !== 'mended') return 0;
  const vain = tries.filter((t) => !t.mended).length;
  return Math.max(LEAST, FULL - HINT * hints.length - VAIN_TRY * vain);
}

/** Milliseconds that it took, or has taken until now. */
export function durationOf({ began, ended }: Exercise, now: number): number {
  return (ended === undefined ? now : Date.parse(ended)) - Date.parse(began);
}

/** Hints of the fault's own that were given. */
export function hintsGiven({ hints }: Exercise): number {
  return hints.filter(({ by }) => by === 'hint').length;
}
