import { EXIT, LabError } from '../errors.ts';
import { currentExercise, exercisesOf, keepExercise } from '../exercise-record.ts';
import { deedsFor, fill } from '../exercises/cast.ts';
import { choices, drawn } from '../exercises/choose.ts';
import { hintsGiven, scoreOf, type Exercise } from '../exercises/exercise.ts';
import { FAULTS } from '../exercises/registry.ts';
import { kindOf, termOf } from '../exercises/terms.ts';
import type { Deed, Difficulty, Fault, Language, Text } from '../exercises/types.ts';
import type { Check, Outcome } from '../proof/check.ts';
import { undoing } from '../interrupt.ts';
import { runtimeOf } from '../wire.ts';
import { inspect } from './differences.ts';
import type { RunningLab } from './existing.ts';
import { settle } from './settle.ts';
import { reset } from './reset.ts';
import { test } from './test.ts';

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
  const on = currentExercise(record.name);
  if (on !== undefined)
    throw new LabError(EXIT.badInput, `exercise ${on.number} is on in lab ${record.name}`, {
      mend: `mend it and lab check ${record.name}, or give up: lab solve ${record.name}, then lab reset ${record.name}`,
    });
  const { seed, fault } = request;
  const among = choices(record.plan, fault === undefined ? FAULTS : [fault], seed);
  const choice = drawn(among, seed, fault === undefined ? request.difficulty : undefined);
  if (choice === undefined)
    throw new LabError(
      EXIT.badInput,
      `${fault === undefined ? 'no fault that is asked for' : `fault ${fault.id}`} fits lab ${record.name}`,
      {
        mend: `those that do: ${
          faultsFor(lab)
            .map((f) => f.id)
            .join(', ') || 'none'
        }`,
      },
    );
  await assertWhole(lab);
  try {
    await run(lab, deedsFor(choice.fault.inject, choice.cast));
  } catch (error) {
    // By a way to the nodes of its own: an interruption ends what it came upon.
    await undoing(() => reset({ record, runtime: runtimeOf(record) }, undefined, false));
    throw error;
  }
  const exercise: Exercise = {
    number: exercisesOf(record.name).length + 1,
    ...choice,
    seed,
    language: request.language,
    began: new Date().toISOString(),
    hints: [],
    tries: [],
  };
  keepExercise(record.name, exercise);
  return exercise;
}

/** What was there before would be taken for what is to be mended. */
async function assertWhole(lab: RunningLab): Promise<void> {
  // On a busy machine directors may be about to choose anew; that is no difference.
  await settle(lab.record.plan, lab.runtime);
  const inspections = await inspect(lab, lab.record.plan.nodes);
  const different = inspections.filter((i) => i.differences.length > 0).map((i) => i.node.name);
  if (different.length > 0)
    throw new LabError(EXIT.badInput, `lab ${lab.record.name} differs from its plan already`, {
      mend: `on ${different.join(', ')}; see lab status ${lab.record.name}, and put it back: lab reset ${lab.record.name}`,
    });
}

/** Does deeds one after the other. A node's shell reads them from its standard input, so that `ps` does not show them. */
export async function run({ runtime }: RunningLab, deeds: readonly Deed[]): Promise<void> {
  for (const deed of deeds) {
    const [result] = await runtime.exec([{ node: deed.on, argv: ['sh', '-e'], input: `${deed.run}\n` }]);
    if (result?.code !== 0)
      throw new LabError(EXIT.labFailed, `${deed.on}: the exercise cannot be set up`, {
        mend: result?.stderr.trim() ?? '',
      });
  }
}

/** One of the things that a check looks at. */
export interface Finding {
  /** The kind of the check of `lab test`, or `condition N`. */
  id: string;
  outcome: Outcome;
  text: Text;
  /** What the tool itself has to say of it: not for those who still search. */
  detail: string;
  evidence: string[];
}

export interface CheckReport {
  lab: string;
  exercise: Exercise;
  mended: boolean;
  findings: Finding[];
  score: number;
}

/** Seconds for a request that is perhaps never answered, and for a large file. */
const PATIENCE = { request: 1, transfer: 8 };

/**
 * Looks whether all is right again: the promises of the lab, and what the fault demands beside them. Counts as a try.
 * @param options.counts false: one in vain does not, as where it is not the student who asks
 * @throws LabError badInput where there is no exercise to check
 */
export async function checkExercise(
  lab: RunningLab,
  language?: Language,
  { counts = true }: { counts?: boolean } = {},
): Promise<CheckReport> {
  const { record } = lab;
  const exercise = inLanguage(exercisesOf(record.name).at(-1), language);
  if (exercise === undefined || exercise.how === 'forfeited') throw noExercise(record.name);
  const { fault } = exercise;
  const conditions = await judgeConditions(lab, exercise);
  const checks = fault.tested === false ? [] : await test(lab, undefined, PATIENCE);
  const findings = [...checks.map(asFinding), ...conditions];
  const right = findings.filter(({ outcome }) => outcome === 'pass').length;
  const mended = right === findings.length;
  // Once the answer was told, or it is mended, a check tells and does not count.
  if (exercise.ended !== undefined || (!mended && !counts))
    return { lab: record.name, exercise, mended, findings, score: scoreOf(exercise) };
  const time = new Date().toISOString();
  const next: Exercise = {
    ...exercise,
    tries: [...exercise.tries, { time, right, of: findings.length, mended }],
    ...(mended ? { ended: time, how: 'mended' as const } : {}),
  };
  keepExercise(record.name, next);
  return { lab: record.name, exercise: next, mended, findings, score: scoreOf(next) };
}

async function judgeConditions(lab: RunningLab, { fault, cast }: Exercise): Promise<Finding[]> {
  const findings: Finding[] = [];
  // One after the other, and before the requests: what asks by ARP changes what nodes know.
  for (const [index, condition] of (fault.conditions ?? []).entries()) {
    const outcomes: boolean[] = [];
    for (const deed of deedsFor([condition], cast)) {
      const [result] = await lab.runtime.exec([{ node: deed.on, argv: ['sh'], input: `${deed.run}\n` }]);
      outcomes.push(result?.code === 0);
    }
    const holds = outcomes.every(Boolean);
    const text = holds ? condition.right : condition.wrong;
    findings.push({
      id: `condition ${index + 1}`,
      outcome: holds ? 'pass' : 'fail',
      text: { en: fill(text.en, cast), de: fill(text.de, cast) },
      detail: '',
      evidence: [],
    });
  }
  return findings;
}

function asFinding(check: Check): Finding {
  const term = termOf(check);
  return {
    id: kindOf(check),
    outcome: check.outcome,
    // What could not be measured is no accusation.
    text: check.outcome === 'fail' ? term.wrong : term.right,
    detail: check.detail,
    evidence: check.evidence,
  };
}

/** The exercise that is on. @throws LabError badInput where none is */
export function exerciseOn(lab: string, language?: Language): Exercise {
  const exercise = inLanguage(currentExercise(lab), language);
  if (exercise === undefined) throw noExercise(lab);
  return exercise;
}

/** The next hint of an exercise; undefined where there are no more. */
export function nextHint(
  { record }: RunningLab,
  language?: Language,
): {
  exercise: Exercise;
  number: number;
  text: string | undefined;
} {
  const exercise = exerciseOn(record.name, language);
  const { fault, cast } = exercise;
  const number = hintsGiven(exercise) + 1;
  const hint = fault.texts[exercise.language].hints[number - 1];
  if (hint === undefined) return { exercise, number, text: undefined };
  keepExercise(record.name, {
    ...exercise,
    hints: [...exercise.hints, { time: new Date().toISOString(), by: 'hint' }],
  });
  return { exercise, number, text: fill(hint, cast) };
}

/** Tells the answer, which ends the exercise; with `mend` it is carried out as well. */
export async function solveExercise(
  lab: RunningLab,
  mend: boolean,
  language?: Language,
): Promise<{ exercise: Exercise; mend: Deed[] }> {
  const { record } = lab;
  const last = inLanguage(exercisesOf(record.name).at(-1), language);
  if (last === undefined || last.how === 'forfeited') throw noExercise(record.name);
  const exercise: Exercise =
    last.ended === undefined ? { ...last, ended: new Date().toISOString(), how: 'solved' } : last;
  keepExercise(record.name, exercise);
  const deeds = deedsFor(exercise.fault.mend, exercise.cast);
  if (mend) await run(lab, deeds);
  return { exercise, mend: deeds };
}

/** From now on in another language, where one is asked for. */
function inLanguage(exercise: Exercise | undefined, language: Language | undefined): Exercise | undefined {
  return exercise === undefined || language === undefined ? exercise : { ...exercise, language };
}

function noExercise(lab: string): LabError {
  return new LabError(EXIT.badInput, `no exercise is on in lab ${lab}`, {
    mend: `begin one: lab break ${lab} --random`,
  });
}
