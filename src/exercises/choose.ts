import { bindingsFor, fits, type Bindings } from './bindings.ts';
import type { Plan } from '../plan/types.ts';
import type { Difficulty, Fault } from './types.ts';

export interface ExerciseChoice {
  fault: Fault;
  bindings: Bindings;
}

/** The faults that a lab can have, each with its parts given out. */
export function choices(plan: Plan, faults: readonly Fault[], seed: number): ExerciseChoice[] {
  const bindings = bindingsFor(plan, Math.floor(random(seed, 1) * 1000)) ?? {};
  return faults.filter((fault) => fits(fault, bindings)).map((fault) => ({ fault, bindings }));
}

/** One of them by lot: the same for the same seed. */
export function drawn(
  among: readonly ExerciseChoice[],
  seed: number,
  difficulty: Difficulty | undefined,
): ExerciseChoice | undefined {
  const meant = among.filter(({ fault }) => difficulty === undefined || fault.difficulty === difficulty);
  return meant[Math.floor(random(seed, 2) * meant.length)];
}

/** A number from 0 up to 1 that follows from a seed (mulberry32). */
function random(seed: number, turn: number): number {
  let a = (Math.imul(seed, 0x9e3779b1) + Math.imul(turn, 0x6d2b79f5)) | 0;
  a = Math.imul(a ^ (a >>> 15), a | 1);
  a ^= a + Math.imul(a ^ (a >>> 7), a | 61);
  return ((a ^ (a >>> 14)) >>> 0) / 2 ** 32;
}
