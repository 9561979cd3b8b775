import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exercise } from './exercises/exercise.ts';
import { labDirectory } from './lab.ts';
import { writeWholeFile } from './whole-file.ts';

function fileOf(lab: string): string {
  return join(labDirectory(lab), 'exercises.json');
}

/** The exercises that were begun in a lab, oldest first. Whether a lab exists never depends on them. */
export function exercisesOf(lab: string): Exercise[] {
  if (!existsSync(fileOf(lab))) return [];
  return (JSON.parse(readFileSync(fileOf(lab), 'utf8')) as { exercises: Exercise[] }).exercises;
}

/** The exercise that is on in a lab; undefined where none is. */
export function currentExercise(lab: string): Exercise | undefined {
  const last = exercisesOf(lab).at(-1);
  return last?.ended === undefined ? last : undefined;
}

/** Writes an exercise down, new or changed. Whole or not at all: a check may be interrupted. */
export function keepExercise(lab: string, exercise: Exercise): void {
  const others = exercisesOf(lab).filter(({ number }) => number !== exercise.number);
  const exercises = [...others, exercise].sort((a, b) => a.number - b.number);
  mkdirSync(labDirectory(lab), { recursive: true, mode: 0o700 });
  writeWholeFile(fileOf(lab), `${JSON.stringify({ version: 1, exercises }, null, 2)}\n`);
}

/**
 * Counts a command that says what differs from the plan as a hint, where an exercise is on.
 * @returns what to tell its user; undefined where none is on
 */
export function countPeek(lab: string, by: string): string | undefined {
  const exercise = currentExercise(lab);
  if (exercise === undefined) return undefined;
  keepExercise(lab, { ...exercise, hints: [...exercise.hints, { time: new Date().toISOString(), by }] });
  return `exercise ${exercise.number} is on in lab ${lab}: this counts as a hint`;
}

/**
 * Ends an exercise without a mend, where one is on: a command has put things right that the student was to.
 * @returns what to tell its user; undefined where none is on
 */
export function forfeit(lab: string): string | undefined {
  const exercise = currentExercise(lab);
  if (exercise === undefined) return undefined;
  keepExercise(lab, { ...exercise, ended: new Date().toISOString(), how: 'forfeited' });
  return `exercise ${exercise.number} in lab ${lab} is forfeited`;
}
