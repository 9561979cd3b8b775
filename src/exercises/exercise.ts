import * as z from 'zod/mini';
import { LANGUAGES, faultSchema } from './types.ts';

const hintSchema = z.object({
  /** ISO 8601. */
  time: z.string(),
  /** `hint`, or the command that says what differs, which counts as one. */
  by: z.string(),
});
export type Hint = z.infer<typeof hintSchema>;

const trySchema = z.object({
  /** ISO 8601. */
  time: z.string(),
  right: z.number(),
  of: z.number(),
  fixed: z.boolean(),
});
export type Try = z.infer<typeof trySchema>;

export const exerciseSchema = z.object({
  /** Counts from 1 in its lab. */
  number: z.number(),
  /** Whole, so that a later version of it, or of the tool, changes nothing. */
  fault: faultSchema,
  /** What each part of the fault is in this lab. */
  bindings: z.readonly(z.record(z.string(), z.string())),
  seed: z.number(),
  language: z.enum(LANGUAGES),
  /** ISO 8601. */
  began: z.string(),
  /** The fault is being injected, or whoever did so was killed. */
  preparing: z.exactOptional(z.literal(true)),
  /** Absent while it is on. */
  ended: z.exactOptional(z.string()),
  /** `solved`: the answer was asked for; `forfeited`: the lab was reset. */
  how: z.exactOptional(z.enum(['fixed', 'solved', 'forfeited'])),
  hints: z.array(hintSchema),
  tries: z.array(trySchema),
  /** What the first check in vain has found broken: a row of `lab test`, and packets that show it. */
  seen: z.exactOptional(z.object({ detail: z.string(), packets: z.array(z.string()) })),
});
/** An exercise as it is kept with its lab: on the host, where no node can read it. */
export type Exercise = z.infer<typeof exerciseSchema>;

const FULL = 100;
const HINT = 10;
const VAIN_TRY = 5;
const LEAST = 10;

/** Points: all for a fix at once, fewer for each hint and each check in vain, none for what was not fixed. */
export function scoreOf({ how, hints, tries }: Exercise): number {
  if (how !== 'fixed') return 0;
  const vain = tries.filter((t) => !t.fixed).length;
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
