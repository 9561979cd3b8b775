import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT, LabError, problemText } from '../errors.ts';
import { isExercise, parseExercise, type ReadExercise } from '../exercises/file.ts';
import { FAULTS } from '../exercises/registry.ts';
import type { Fault } from '../exercises/types.ts';
import type { Plan } from '../plan/types.ts';
import { readInput } from './input-file.ts';
import { readPlan } from './topology-file.ts';

/**
 * The fault that a user means: by the name of one that comes with the tool, or by a file.
 * @throws LabError badInput where there is none, or the file does not fit the lab
 */
export function readFault(reference: string, plan: Plan): Fault {
  const found = FAULTS.find((fault) => fault.id === reference);
  if (found !== undefined) return found;
  if (!existsSync(reference))
    throw new LabError(
      EXIT.badInput,
      `no fault "${reference}" comes with the tool, and there is no such file`,
      {
        fix: `a YAML file of your own, or one of: ${FAULTS.map((f) => f.id).join(', ')}`,
      },
    );
  const exercise = readExercise(reference);
  exercise.against(plan);
  return exercise.fault;
}

/** What an exercise file says that the next version does not read any more; undefined where there is nothing. */
export function exerciseNotes(reference: string): string | undefined {
  const notes = isExerciseFile(reference) ? readExercise(reference).notes : [];
  return notes.length === 0 ? undefined : notes.map((note) => problemText(reference, note)).join('\n');
}

/** Whether a file exists and is an exercise. */
export function isExerciseFile(reference: string): boolean {
  return /\.ya?ml$/.test(reference) && existsSync(reference) && isExercise(readFileSync(reference));
}

/** Reads an exercise file. @throws TopologyError with every problem of it */
export function readExercise(file: string): ReadExercise {
  return parseExercise(readInput(file, 'an exercise'), file, basename(file).replace(/\.ya?ml$/, ''));
}

/**
 * Reads an exercise file and holds it against the topology that it names.
 * @returns the plan of that topology, where it names one
 */
export function checkExerciseFile(file: string): { exercise: ReadExercise; plan: Plan | undefined } {
  const exercise = readExercise(file);
  if (exercise.topology === undefined) return { exercise, plan: undefined };
  const beside = join(dirname(file), exercise.topology);
  // Names of shipped topologies are short, and something else may be called so.
  const isFile = existsSync(beside) && statSync(beside).isFile();
  const plan = readPlan(isFile ? beside : exercise.topology);
  exercise.against(plan);
  return { exercise, plan };
}
