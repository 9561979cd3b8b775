import type * as z from 'zod';
import { TopologyError, type Problem } from '../errors.ts';
import type { Plan } from '../plan/types.ts';
import { readDocument } from '../topology/reading/document.ts';
import { isNothing, kindOf } from '../topology/reading/kinds.ts';
import {
  childOf,
  entriesOf,
  keyPosition,
  toPlain,
  treeAt,
  type Tree,
} from '../topology/reading/positions.ts';
import { Problems, oneOf } from '../topology/reading/problems.ts';
import { didYouMean } from '../topology/reading/suggest.ts';
import { readText } from '../topology/reading/text.ts';
import { PARTS, bindingsFor, partsIn } from './bindings.ts';
import { withTodaysKeys } from './old-names.ts';
import { exerciseFileSchema, type ExerciseFile } from './schema.ts';
import type { Condition, ShellStep, Fault, FaultTexts, Language, Text } from './types.ts';

/** An exercise file as far as it can be judged by itself. */
export interface ReadExercise {
  fault: Fault;
  /** The topology that it names. */
  topology: string | undefined;
  /** What is read for one more version only. */
  notes: Problem[];
  /** Holds it against a lab. @throws TopologyError where it names what the lab does not have */
  against: (plan: Plan) => void;
}

/** Whether a file is an exercise, and not a topology. */
export function isExercise(source: string | Uint8Array): boolean {
  const problems = new Problems();
  const text = readText(source, problems);
  const tree = text === undefined ? undefined : readDocument(text, problems);
  return tree !== undefined && childOf(tree, 'exercise') !== undefined;
}

/**
 * Reads an exercise file.
 * @param file what messages call it
 * @param id the fault's name
 * @throws TopologyError with every problem of the file, in file order
 */
export function parseExercise(source: string | Uint8Array, file: string, id: string): ReadExercise {
  const problems = new Problems();
  const text = readText(source, problems);
  const written = text === undefined ? undefined : readDocument(text, problems);
  const { tree, notes } = written === undefined ? { tree: undefined, notes: [] } : withTodaysKeys(written);
  const result = tree === undefined ? undefined : exerciseFileSchema.safeParse(toPlain(tree));
  if (tree !== undefined && result?.success === false)
    for (const issue of result.error.issues) report(tree, issue, problems);
  if (tree !== undefined) checkParts(tree, problems);
  if (tree === undefined || result?.success !== true || !problems.none)
    throw new TopologyError(file, problems.list());
  return {
    fault: faultOf(result.data, id),
    topology: result.data.topology,
    notes,
    against: (plan) => {
      checkAgainst(tree, plan, problems);
      if (!problems.none) throw new TopologyError(file, problems.list());
    },
  };
}

function faultOf(data: ExerciseFile, id: string): Fault {
  const texts = (language: Language): FaultTexts => {
    const say = (text: ExerciseFile['title']) => (typeof text === 'string' ? text : text[language]);
    return {
      title: say(data.title),
      story: say(data.story),
      teaches: say(data.teaches),
      ...(data.symptom === undefined ? {} : { symptom: say(data.symptom) }),
      hints: data.hints.map(say),
      answer: say(data.answer),
    };
  };
  return {
    id,
    difficulty: data.difficulty,
    modes: [],
    inject: shellStepsOf(data.break),
    fix: shellStepsOf(data.fix),
    ...(data.wrong === undefined
      ? {}
      : { wrong: { what: data.wrong.what, shellSteps: shellStepsOf(data.wrong.run) } }),
    conditions: data.checks.map(({ on, run, right, wrong }): Condition => ({
      on,
      run,
      right: both(right),
      wrong: both(wrong),
    })),
    tested: data.test,
    texts: { en: texts('en'), de: texts('de') },
  };
}

function shellStepsOf(shellSteps: Record<string, string>): ShellStep[] {
  return Object.entries(shellSteps).map(([on, run]) => ({ on, run }));
}

function both(text: string | Text): Text {
  return typeof text === 'string' ? { en: text, de: text } : text;
}

/** Every text that may name parts, with its place: what is run, and where. */
function shellStepTexts(tree: Tree): { on: string; run: string; at: Tree['at']; runAt: Tree['at'] }[] {
  const wrong = childOf(tree, 'wrong');
  const mappings = [
    childOf(tree, 'break'),
    childOf(tree, 'fix'),
    wrong === undefined ? undefined : childOf(wrong, 'run'),
  ];
  const shellSteps = mappings.flatMap((mapping) =>
    entriesOf(mapping).map(([on, { keyAt, tree: run }]) => ({
      on,
      run: scalar(run),
      at: keyAt,
      runAt: run.at,
    })),
  );
  const checks = childOf(tree, 'checks');
  const conditions = (checks?.kind === 'list' ? checks.items : []).flatMap((item) => {
    const [on, run] = [childOf(item, 'on'), childOf(item, 'run')];
    if (on === undefined || run === undefined) return [];
    return [{ on: scalar(on), run: scalar(run), at: on.at, runAt: run.at }];
  });
  return [...shellSteps, ...conditions];
}

function scalar(tree: Tree): string {
  return tree.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : '';
}

/** Every name in braces must be one that there is: a mistyped one would go to the shell as it stands. */
function checkParts(tree: Tree, problems: Problems): void {
  for (const { on, run, at, runAt } of shellStepTexts(tree))
    for (const [text, place] of [[on, at] as const, [run, runAt] as const])
      for (const part of partsIn(text))
        if (!PARTS.some((known) => known === part))
          problems.add(place, `there is no part {${part}}`, didYouMean(part, PARTS));
}

/** What the file names must be in the lab. */
function checkAgainst(tree: Tree, plan: Plan, problems: Problems): void {
  const bindings = bindingsFor(plan, 0) ?? {};
  const nodes = plan.nodes.map((n) => n.name);
  for (const { on, run, at, runAt } of shellStepTexts(tree)) {
    for (const [text, place] of [[on, at] as const, [run, runAt] as const])
      for (const part of partsIn(text))
        if (bindings[part] === undefined)
          problems.add(place, `lab ${plan.name} has no {${part}}`, oneOf(Object.keys(bindings)));
    if (partsIn(on).length === 0 && !nodes.includes(on))
      problems.add(at, `lab ${plan.name} has no node "${on}"`, didYouMean(on, nodes));
  }
}

const EXAMPLES: Readonly<Record<string, string>> = {
  exercise: 'write `exercise: 2`',
  title: 'write a text, or `{ en: …, de: … }`',
  story: 'write the complaint of a user, or `{ en: …, de: … }`',
  hints: 'write a list of texts',
  break: 'write a mapping, such as `rs1: ip link set eth0 down`',
  fix: 'write a mapping, such as `rs1: ip link set eth0 up`',
  checks: 'write a list, such as `[ { on: client, run: ping -c1 rs1, right: …, wrong: … } ]`',
};

function report(root: Tree, issue: z.core.$ZodIssue, problems: Problems): void {
  const path = issue.path;
  const tree = treeAt(root, path);
  const name = path.length === 0 ? 'the exercise' : path.map(String).join(' › ');
  const fix = EXAMPLES[String(path.find((step) => typeof step === 'string'))];
  if (tree === undefined) {
    const parent = path.slice(0, -1);
    const where = parent.length === 0 ? 'the exercise' : parent.map(String).join(' › ');
    problems.add(keyPosition(root, parent), `${where} has no \`${String(path.at(-1))}\``, fix);
  } else if (issue.code === 'unrecognized_keys')
    for (const key of issue.keys)
      problems.add(
        keyPosition(root, [...path, key]),
        `unknown key "${key}" in ${name}`,
        path.length === 0 ? didYouMean(key, Object.keys(exerciseFileSchema.shape)) : undefined,
      );
  else if (issue.code === 'invalid_value')
    problems.add(tree.at, `${name}: this value is not allowed`, oneOf(issue.values.map(String)));
  else problems.add(tree.at, `${name}: ${isEmpty(tree) ? 'nothing' : kindOf(tree)} cannot stand here`, fix);
}

function isEmpty(tree: Tree): boolean {
  return isNothing(tree) || (tree.kind === 'scalar' && tree.value === '');
}
