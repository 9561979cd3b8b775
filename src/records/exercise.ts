import { join } from 'node:path';
import * as z from 'zod/mini';
import { LabError } from '../errors.ts';
import { exerciseSchema, type Exercise } from '../exercises/exercise.ts';
import { recordOfToday } from '../exercises/old-names.ts';
import { changeLabFile, labDirectory } from './lab.ts';
import { readOwnFile } from '../state/own-files.ts';
import { parseRecord } from '../state/records.ts';

const FILE = 'exercises.json';
const fileSchema = z.object({ version: z.literal(2), exercises: z.array(exerciseSchema) });

function parse(lab: string, text: string | undefined): Exercise[] {
  if (text === undefined) return [];
  const fix = `take it away, and the points of lab ${lab} with it: rm ${join(labDirectory(lab), FILE)}`;
  const what = `the record of the exercises of lab ${lab}`;
  return parseRecord(text, fileSchema, what, fix, recordOfToday).exercises;
}

/**
 * The exercises that were begun in a lab, oldest first. Whether a lab exists never depends on them.
 * @throws LabError labFailed where the record is damaged
 */
export function exercisesOf(lab: string): Exercise[] {
  return parse(lab, readOwnFile(join(labDirectory(lab), FILE)));
}

/** The exercise that is on in a lab; undefined where none is. */
export function currentExercise(lab: string): Exercise | undefined {
  const last = exercisesOf(lab).at(-1);
  return last?.ended === undefined ? last : undefined;
}

/**
 * Changes the exercises of a lab: nobody else does so between the reading and the writing.
 * @param change gets what is written down at that moment, and says what is to be; the same: nothing is written. It must
 *   not take long.
 * @returns what is written down now
 * @throws LabError labFailed where the lab is gone, or the record damaged
 */
export async function changeExercises(
  lab: string,
  change: (exercises: Exercise[]) => Exercise[],
): Promise<Exercise[]> {
  let after: Exercise[] = [];
  await changeLabFile(lab, FILE, (text) => {
    const before = parse(lab, text);
    after = change(before);
    return after === before ? undefined : `${JSON.stringify({ version: 2, exercises: after }, null, 2)}\n`;
  });
  return after;
}

/**
 * Changes one exercise as it is written down at that moment, which may be another than the caller last saw.
 * @param number which
 * @param change returns the very same where there is nothing to change
 * @returns the exercise as it is now; undefined where there is none of that number any more
 */
export async function changeExercise(
  lab: string,
  number: number,
  change: (exercise: Exercise) => Exercise,
): Promise<Exercise | undefined> {
  const after = await changeExercises(lab, (exercises) => {
    const changed = exercises.map((exercise) => (exercise.number === number ? change(exercise) : exercise));
    return changed.every((exercise, index) => exercise === exercises[index]) ? exercises : changed;
  });
  return after.find((exercise) => exercise.number === number);
}

/** Changes the exercise that is on; undefined where none is. */
async function changeCurrent(
  lab: string,
  change: (exercise: Exercise) => Exercise,
): Promise<Exercise | undefined> {
  const current = currentExercise(lab);
  if (current === undefined) return undefined;
  const found = { on: false };
  const after = await changeExercise(lab, current.number, (exercise) => {
    // It may have ended while this waited.
    found.on = exercise.ended === undefined;
    return found.on ? change(exercise) : exercise;
  });
  return found.on ? after : undefined;
}

/**
 * Counts a command that says what differs from the plan as a hint, where an exercise is on.
 * @returns what to tell its user; undefined where none is on
 */
export function countAsHint(lab: string, by: string): Promise<string | undefined> {
  const time = new Date().toISOString();
  return orWhatIsWrong(async () => {
    const exercise = await changeCurrent(lab, (on) => ({ ...on, hints: [...on.hints, { time, by }] }));
    return exercise && `exercise ${exercise.number} is on in lab ${lab}: this counts as a hint`;
  });
}

/**
 * Ends an exercise without a fix, where one is on: a command has put things right that the student was to.
 * @returns what to tell its user; undefined where none is on
 */
export function forfeit(lab: string): Promise<string | undefined> {
  const ended = new Date().toISOString();
  return orWhatIsWrong(async () => {
    const exercise = await changeCurrent(lab, (on) => ({ ...on, ended, how: 'forfeited' as const }));
    return exercise && `exercise ${exercise.number} in lab ${lab} is forfeited`;
  });
}

/** A lab whose exercises cannot be read can still be looked at and put back; its user is told, with the way out. */
async function orWhatIsWrong(count: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await count();
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return error.fix === undefined ? error.message : `${error.message}; ${error.fix}`;
  }
}
