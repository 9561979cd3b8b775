import { EXIT, LabError } from '../errors.ts';
import { changeExercise, currentExercise, exercisesOf } from '../records/exercise.ts';
import { shellStepsFor, fillIn } from '../exercises/bindings.ts';
import { checkRows, type CheckRow, type FoundRows } from '../exercises/check-rows.ts';
import { hintsGiven, scoreOf, type Exercise } from '../exercises/exercise.ts';
import { kindOf, subjectOf, termOf } from '../exercises/terms.ts';
import type { ShellStep, Language, Text } from '../exercises/types.ts';
import type { Check, Outcome } from '../proof/check.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import { test } from './test.ts';

/** Runs shell steps one after the other. A node's shell reads them from its standard input, so that `ps` does not show them. */
export async function run({ runtime }: RunningLab, shellSteps: readonly ShellStep[]): Promise<void> {
  for (const shellStep of shellSteps) {
    const [result] = await runtime.exec([
      { node: shellStep.on, argv: ['sh', '-e'], input: `${shellStep.run}\n` },
    ]);
    if (result?.code !== 0)
      throw new LabError(EXIT.labFailed, `${shellStep.on}: the exercise cannot be set up`, {
        fix: result?.stderr.trim() ?? '',
      });
  }
}

/** One of the things that a check looks at. */
export interface ExerciseFinding {
  /** The kind of the check of `lab test`, or `condition N`. */
  id: string;
  outcome: Outcome;
  text: Text;
  /** The service that it is about, where a lab has several. */
  subject: string | undefined;
  /** What the tool itself has to say of it: not for those who still search. */
  detail: string;
  evidence: string[];
}

export interface CheckReport {
  lab: string;
  exercise: Exercise;
  fixed: boolean;
  findings: ExerciseFinding[];
  /** The findings as users read them. */
  rows: CheckRow[];
  score: number;
}

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
  const exercise = lastExercise(record.name, language);
  const { fault } = exercise;
  const conditions = await judgeConditions(lab, exercise);
  // As `lab test` judges: what it lets pass cannot be wrong here.
  const checks = fault.tested === false ? [] : await test(lab);
  const all = [...checks.map(asFinding), ...conditions];
  const findings = all.map(({ id, outcome, text, subject, detail, evidence }): ExerciseFinding => ({
    ...{ id, outcome, subject, detail, evidence },
    text: outcome === 'fail' ? text.wrong : text.right,
  }));
  const rows = checkRows(all);
  const right = rows.filter(({ outcome }) => outcome === 'pass').length;
  const fixed = right === rows.length;
  const report = { lab: record.name, fixed, findings, rows };
  // Once the answer was told, or it is fixed, a check tells and does not count.
  if (exercise.ended !== undefined || (!fixed && !counts))
    return { ...report, exercise, score: scoreOf(exercise) };
  const time = new Date().toISOString();
  // The test took its time: what was written down meanwhile, such as a hint, stays.
  const next = await changeExercise(record.name, exercise.number, (now) =>
    now.ended !== undefined
      ? now
      : {
          ...now,
          tries: [...now.tries, { time, right, of: rows.length, fixed }],
          ...seenIn(checks, now),
          ...(fixed ? { ended: time, how: 'fixed' as const } : {}),
        },
  );
  if (next === undefined || next.how === 'forfeited') throw noExercise(record.name);
  const after = inLanguage(next, language);
  return { ...report, exercise: after, score: scoreOf(after) };
}

/** Lines of packets that are kept of what a check has found broken. */
const PACKETS = 2;

/** What shows the fault: of the first check that found something broken, the row with packets, else the first. */
function seenIn(checks: readonly Check[], { seen }: Exercise): Pick<Exercise, 'seen'> {
  const red = checks.filter(({ outcome }) => outcome === 'fail');
  // A claim's first line of evidence is the promise.
  const packets = (check: Check) => (check.id.includes('/') ? check.evidence.slice(1) : []);
  const shown = red.find((check) => packets(check).length > 0) ?? red[0];
  if (seen !== undefined) return { seen };
  if (shown === undefined) return {};
  return { seen: { detail: shown.detail, packets: packets(shown).slice(0, PACKETS) } };
}

/**
 * The exercise that is on, or was the last.
 * @throws LabError badInput where there is none that could be checked
 */
function lastExercise(lab: string, language: Language | undefined): Exercise {
  const exercise = exercisesOf(lab).at(-1);
  if (exercise === undefined || exercise.how === 'forfeited') throw noExercise(lab);
  if (exercise.preparing === true) throw preparing(lab, exercise);
  return inLanguage(exercise, language);
}

/** A finding before it is said in the users' words. */
type Raw = Omit<ExerciseFinding, 'text'> & FoundRows;

async function judgeConditions(lab: RunningLab, { fault, bindings }: Exercise): Promise<Raw[]> {
  const findings: Raw[] = [];
  const filled = ({ en, de }: Text): Text => ({ en: fillIn(en, bindings), de: fillIn(de, bindings) });
  // One after the other, and before the requests: what asks by ARP changes what nodes know.
  for (const [index, condition] of (fault.conditions ?? []).entries()) {
    const outcomes: boolean[] = [];
    for (const shellStep of shellStepsFor([condition], bindings)) {
      const [result] = await lab.runtime.exec([
        { node: shellStep.on, argv: ['sh'], input: `${shellStep.run}\n` },
      ]);
      outcomes.push(result?.code === 0);
    }
    const holds = outcomes.every(Boolean);
    findings.push({
      id: `condition ${index + 1}`,
      outcome: holds ? 'pass' : 'fail',
      text: { right: filled(condition.right), wrong: filled(condition.wrong) },
      subject: undefined,
      detail: '',
      evidence: [],
    });
  }
  return findings;
}

function asFinding(check: Check): Raw {
  return {
    id: kindOf(check),
    outcome: check.outcome,
    text: termOf(check),
    subject: subjectOf(check),
    detail: check.detail,
    evidence: check.evidence,
  };
}

/** The exercise that is on. @throws LabError badInput where none is */
export function exerciseOn(lab: string, language?: Language): Exercise {
  const exercise = currentExercise(lab);
  if (exercise === undefined) throw noExercise(lab);
  if (exercise.preparing === true) throw preparing(lab, exercise);
  return inLanguage(exercise, language);
}

/** The next hint of an exercise; undefined where there are no more. */
export async function nextHint(
  { record }: RunningLab,
  language?: Language,
): Promise<{
  exercise: Exercise;
  number: number;
  text: string | undefined;
}> {
  const { number: which } = exerciseOn(record.name);
  let given: { number: number; text: string | undefined } | undefined;
  const time = new Date().toISOString();
  const exercise = await changeExercise(record.name, which, (now) => {
    if (now.ended !== undefined) return now;
    // Counted here: of two who ask at the same time each gets one of their own.
    const number = hintsGiven(now) + 1;
    const hint = now.fault.texts[language ?? now.language].hints[number - 1];
    given = { number, text: hint === undefined ? undefined : fillIn(hint, now.bindings) };
    return hint === undefined ? now : { ...now, hints: [...now.hints, { time, by: 'hint' }] };
  });
  if (exercise === undefined || given === undefined) throw noExercise(record.name);
  return { exercise: inLanguage(exercise, language), ...given };
}

/** Tells the answer, which ends the exercise; with `fix` it is carried out as well. */
export async function solveExercise(
  lab: RunningLab,
  fix: boolean,
  language?: Language,
): Promise<{ exercise: Exercise; fix: ShellStep[] }> {
  const { record } = lab;
  const ended = new Date().toISOString();
  const { number } = lastExercise(record.name, language);
  const exercise = await changeExercise(record.name, number, (now) =>
    now.ended === undefined ? { ...now, ended, how: 'solved' as const } : now,
  );
  if (exercise === undefined || exercise.how === 'forfeited') throw noExercise(record.name);
  const shellSteps = shellStepsFor(exercise.fault.fix, exercise.bindings);
  if (fix) await run(lab, shellSteps);
  return { exercise: inLanguage(exercise, language), fix: shellSteps };
}

/** In another language, where one is asked for. */
function inLanguage(exercise: Exercise, language: Language | undefined): Exercise {
  return language === undefined ? exercise : { ...exercise, language };
}

/** Nothing is known of what is broken, so nothing can be graded. */
export function preparing(lab: string, { number }: Exercise): LabError {
  return new LabError(
    EXIT.badInput,
    `exercise ${number} in lab ${lab} is being set up, or its \`break\` was interrupted`,
    { fix: `if nothing is at work on it: lab reset ${lab}, then begin anew` },
  );
}

function noExercise(lab: string): LabError {
  return new LabError(EXIT.badInput, `no exercise is on in lab ${lab}`, {
    fix: `begin one: lab break ${lab} --random`,
  });
}
