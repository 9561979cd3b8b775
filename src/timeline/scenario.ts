import { EXIT, LabError } from '../errors.ts';
import { failureText, placeText } from '../records/failures.ts';
import { FAILURES, type FailureKind } from '../plan/failures.ts';
import type { Did } from '../proof/noticed.ts';
import { failIn, failing, healAll, healIn, targetOf } from '../lifecycle/fail.ts';
import type { RunningLab } from '../lifecycle/existing.ts';

/** Something to be done to a lab while it is looked at. */
export interface ScenarioStep {
  /** Seconds from the beginning. */
  at: number;
  verb: 'fail' | 'heal' | 'exec';
  /** Empty for a `heal` of everything. */
  node: string;
  what: string | undefined;
  how: FailureKind;
  /** Of `exec`: a line for the node's shell. */
  command: string;
}

const FORM =
  'write it as "3s fail rs1 web", "3s fail rs1 web freeze", "12s heal rs1" or "5s exec rs1 COMMAND"';

/**
 * Reads a step as the command line has it.
 * @throws LabError badInput where it is none
 */
export function parseStep(text: string): ScenarioStep {
  const [, at, verb, rest = ''] = /^(\d+(?:\.\d+)?)s? +(fail|heal|exec)(?: +(.*))?$/.exec(text.trim()) ?? [];
  const [node = '', ...more] = rest.split(/ +/);
  const refuse = (why: string) => new LabError(EXIT.badInput, `"${text}": ${why}`, { fix: FORM });
  if (at === undefined) throw refuse('not a time and something to do');
  const step = { at: Number(at), node, what: undefined, how: 'kill' as const, command: '' };
  if (verb === 'exec') {
    if (more.length === 0) throw refuse('no command');
    return { ...step, verb, command: rest.slice(node.length).trim() };
  }
  const words = more.filter((word) => word !== '--how');
  const how = FAILURES.find((kind) => kind === words.at(-1));
  const [what, ...excess] = how === undefined ? words : words.slice(0, -1);
  if (verb === 'heal') {
    if (how !== undefined || excess.length > 0) throw refuse('heal takes a node and what of it');
    return { ...step, verb, what };
  }
  if (node === '') throw refuse('no node');
  if (excess.length > 0) throw refuse(`"${excess.join(' ')}" is no way to fail: ${FAILURES.join(', ')}`);
  return { ...step, verb: 'fail', what, how: how ?? 'kill' };
}

/** @throws LabError badInput where a step names what a lab does not have */
export function checkStep(lab: RunningLab, step: ScenarioStep): void {
  if (step.verb === 'fail') failing(lab, step);
  else if (step.node !== '') targetOf(lab, step.node, step.what);
}

/** What was done to a node, in words too. */
export interface Done {
  node: string;
  text: string;
  did: Did;
}

/** Carries out a step. @returns what was done, for each node */
export async function doStep(lab: RunningLab, step: ScenarioStep): Promise<Done[]> {
  const { verb, node, what, command } = step;
  const did = (part: string | undefined): Did => ({ verb, ...(part === undefined ? {} : { what: part }) });
  if (verb === 'fail') return [{ node, text: failureText(await failIn(lab, step)), did: did(what) }];
  if (verb === 'heal') {
    const healed = node === '' ? await healAll(lab) : [await healIn(lab, node, what)];
    return healed.map((action) => ({
      node: action.node,
      text: `${placeText(action)} healed`,
      did: did(action.what),
    }));
  }
  const [result] = await lab.runtime.exec([{ node, argv: ['sh', '-c', command] }]);
  const said = result?.stderr.trim() ?? '';
  const text = `${command}${result?.code === 0 ? '' : ` → exit code ${result?.code ?? '?'} ${said}`}`;
  return [{ node, text, did: did(undefined) }];
}
