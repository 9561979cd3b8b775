import { EXIT, LabError } from '../errors.ts';
import { changeExercise, changeExercises, currentExercise } from '../records/exercise.ts';
import { shellStepsFor } from '../exercises/bindings.ts';
import { choices, drawn } from '../exercises/choose.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { FAULTS } from '../exercises/registry.ts';
import type { Difficulty, Fault, Language } from '../exercises/types.ts';
import { undoing } from '../host/interrupt.ts';
import { runtimeOf } from '../wire.ts';
import { inspect } from '../lifecycle/differences.ts';
import { preparing, run } from './exercise.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import { reset } from './reset.ts';
import { settle } from '../lifecycle/settle.ts';

export interface BreakRequest {
  /** Undefined: by lot. */
  fault: Fault | undefined;
  difficulty: Difficulty | undefined;
  seed: number;
  language: Language;
}

/** Faults that fit a lab. */
export function faultsFor({ record }: RunningLab): Fault[] {
  return choices(record.plan, FAULTS, 0).map(({ fault }) => fault);
}

/**
 * Breaks something in a lab, without a word about what.
 * @throws LabError badInput where the lab cannot have this fault, is in an exercise already, or is not whole
 */
export async function startExercise(lab: RunningLab, request: BreakRequest): Promise<Exercise> {
  const { record } = lab;
  const { seed, fault } = request;
  assertNoneOn(record.name, currentExercise(record.name));
  const among = choices(record.plan, fault === undefined ? FAULTS : [fault], seed);
  const choice = drawn(among, seed, fault === undefined ? request.difficulty : undefined);
  if (choice === undefined)
    throw new LabError(
      EXIT.badInput,
      `${fault === undefined ? 'no fault that is asked for' : `fault ${fault.id}`} fits lab ${record.name}`,
      {
        fix: `those that do: ${
          faultsFor(lab)
            .map((f) => f.id)
            .join(', ') || 'none'
        }`,
      },
    );
  await assertWhole(lab);
  // On record before anything is broken: a fault that nobody knows of could be neither graded nor undone.
  const exercise = await beginExercise(record.name, {
    ...choice,
    seed,
    language: request.language,
    began: new Date().toISOString(),
    hints: [],
    tries: [],
  });
  try {
    await run(lab, shellStepsFor(choice.fault.inject, choice.bindings));
    return await markReady(record.name, exercise);
  } catch (error) {
    await undoing(() => withdraw(lab, exercise.number, error));
    throw error;
  }
}

/** @throws LabError badInput where one is on */
function assertNoneOn(lab: string, on: Exercise | undefined): void {
  if (on === undefined) return;
  throw on.preparing === true
    ? preparing(lab, on)
    : new LabError(EXIT.badInput, `exercise ${on.number} is on in lab ${lab}`, {
        fix: `fix it and lab check ${lab}, or give up: lab solve ${lab}, then lab reset ${lab}`,
      });
}

/** Writes an exercise down as one that is being set up. @throws LabError badInput where one is on */
async function beginExercise(lab: string, exercise: Omit<Exercise, 'number'>): Promise<Exercise> {
  const all = await changeExercises(lab, (exercises) => {
    const last = exercises.at(-1);
    // Another command may have begun one since it was looked at.
    assertNoneOn(lab, last?.ended === undefined ? last : undefined);
    return [...exercises, { number: (last?.number ?? 0) + 1, ...exercise, preparing: true }];
  });
  return all.at(-1) as Exercise;
}

/** @throws LabError labFailed where a reset has ended it meanwhile */
async function markReady(lab: string, { number }: Exercise): Promise<Exercise> {
  const ready = await changeExercise(lab, number, (exercise) => {
    const done = { ...exercise };
    delete done.preparing;
    return done;
  });
  if (ready?.ended === undefined && ready !== undefined) return ready;
  throw new LabError(EXIT.labFailed, `exercise ${number} in lab ${lab} was ended while it was being set up`);
}

/** Undoes what an exercise that could not be set up has broken, and takes it off the record. */
async function withdraw(lab: RunningLab, number: number, reason: unknown): Promise<void> {
  try {
    // By a way to the nodes of its own: an interruption ends what it came upon.
    await reset({ record: lab.record, runtime: runtimeOf(lab.record) }, undefined, false);
    await changeExercises(lab.record.name, (exercises) => exercises.filter((e) => e.number !== number));
  } catch (error) {
    const text = (of: unknown) => (of instanceof Error ? of.message : String(of));
    throw new LabError(
      EXIT.labFailed,
      `${text(reason)}\nand exercise ${number} could not be taken back: ${text(error)}`,
      { fix: `once that is fixed: lab reset ${lab.record.name}`, cause: reason },
    );
  }
}

/** What was there before would be taken for what is to be fixed. */
async function assertWhole(lab: RunningLab): Promise<void> {
  // On a busy machine directors may be about to choose anew; that is no difference.
  await settle(lab.record.plan, lab.runtime);
  const inspections = await inspect(lab, lab.record.plan.nodes);
  const different = inspections.filter((i) => i.differences.length > 0).map((i) => i.node.name);
  // Another command may have begun one meanwhile: then it is that which differs.
  if (different.length > 0) assertNoneOn(lab.record.name, currentExercise(lab.record.name));
  if (different.length > 0)
    throw new LabError(EXIT.badInput, `lab ${lab.record.name} differs from its plan already`, {
      fix: `on ${different.join(', ')}; see lab status ${lab.record.name}, and put it back: lab reset ${lab.record.name}`,
    });
}
