import { EXIT, LabError } from '../errors.ts';
import { failuresOf, placeText, recordAction, type FailureAction } from '../records/failures.ts';
import {
  canFail,
  failScript,
  failureNames,
  failureTarget,
  healScript,
  type FailureKind,
  type FailureTarget,
} from '../plan/failures.ts';
import type { PlannedNode } from '../plan/types.ts';
import { findNode, findScope, type RunningLab } from './existing.ts';

/** What is to fail on a node of a lab that is up. */
export interface FailureRequest {
  node: string;
  /** A daemon or interface; undefined: the whole node. */
  what: string | undefined;
  how: FailureKind;
}

/** A node of a plan, and what of it is meant. */
export interface Target {
  planned: PlannedNode;
  target: FailureTarget;
}

/**
 * Makes a node, one of its daemons or one of its interfaces fail, and writes it down.
 * @param reference `NODE` or `LAB/NODE`
 * @throws LabError badInput where there is no such thing on the node, or it cannot fail like that
 */
export async function fail(
  reference: string,
  what: string | undefined,
  how: FailureKind,
): Promise<{ lab: string; failed: FailureAction }> {
  const found = await findNode(reference);
  const failed = await failIn(found, { node: found.node, what, how });
  return { lab: found.record.name, failed };
}

/** Makes something fail in a lab that was found before. */
export async function failIn(lab: RunningLab, request: FailureRequest): Promise<FailureAction> {
  const { node, what, how } = request;
  const { planned, target } = failing(lab, request);
  const place = { node, ...(what === undefined ? {} : { what }) };
  // On record first: `status` and `heal` are to know of whatever has failed.
  await written(lab, { action: 'fail', ...place, how });
  try {
    await run(lab, node, failScript(planned, target, how));
  } catch (error) {
    await written(lab, { action: 'heal', ...place });
    throw error;
  }
  return { time: new Date().toISOString(), action: 'fail', ...place, how };
}

/** What is to fail. @throws LabError badInput where there is no such thing, or it cannot fail like that */
export function failing(lab: RunningLab, { node, what, how }: FailureRequest): Target {
  const { planned, target } = targetOf(lab, node, what);
  if (!canFail(target, how))
    throw new LabError(EXIT.badInput, `${placeText({ node, what })} cannot fail by ${how}`, {
      fix: how === 'wrong' ? 'only the daemon web can answer wrongly' : 'only a daemon can be frozen',
    });
  return { planned, target };
}

/**
 * Undoes what `fail` did: for a node, one thing on it, or where nothing is named all that has failed in the lab.
 * @returns what was healed
 */
export async function heal(
  reference: string | undefined,
  what: string | undefined,
): Promise<{ lab: string; healed: FailureAction[] }> {
  const scope = await findScope(reference, undefined);
  const { node, record } = scope;
  if (node !== undefined) return { lab: record.name, healed: [await healIn(scope, node, what)] };
  if (what !== undefined)
    throw new LabError(EXIT.badInput, `${what}: of which node?`, { fix: `lab heal NODE ${what}` });
  return { lab: record.name, healed: await healAll(scope) };
}

/** Undoes whatever has failed in a lab, or on one node of it. */
export async function healAll(lab: RunningLab, node?: string): Promise<FailureAction[]> {
  const left = failuresOf(lab.record.name).filter((f) => node === undefined || f.node === node);
  const whole = new Set(left.filter((f) => f.what === undefined).map((f) => f.node));
  const single = left.filter((f) => !whole.has(f.node));
  const healed: FailureAction[] = [];
  for (const each of whole) healed.push(await healIn(lab, each, undefined));
  for (const { node: each, what } of single) healed.push(await healIn(lab, each, what));
  return healed;
}

/** Undoes a failure in a lab that was found before. */
export async function healIn(
  lab: RunningLab,
  node: string,
  what: string | undefined,
): Promise<FailureAction> {
  const { planned, target } = targetOf(lab, node, what);
  await run(lab, node, healScript(planned, target));
  return written(lab, { action: 'heal', node, ...(what === undefined ? {} : { what }) });
}

/** @throws LabError badInput where a lab has no such node, or the node no such thing */
export function targetOf({ record }: RunningLab, node: string, what: string | undefined): Target {
  const planned = record.plan.nodes.find((n) => n.name === node);
  if (planned === undefined)
    throw new LabError(EXIT.badInput, `lab ${record.name} has no node ${node}`, {
      fix: `its nodes: ${record.plan.nodes.map((n) => n.name).join(', ')}`,
    });
  const target = failureTarget(planned, what);
  if (target === undefined)
    throw new LabError(EXIT.badInput, `${node} has no daemon or interface ${what ?? ''}`, {
      fix: `what it has: ${failureNames(planned).join(', ')}`,
    });
  return { planned, target };
}

async function run({ runtime }: RunningLab, node: string, script: string): Promise<void> {
  const [result] = await runtime.exec([{ node, argv: ['sh'], input: `${script}\n` }]);
  if (result?.code !== 0)
    throw new LabError(
      EXIT.labFailed,
      `${node}: ${result?.stderr.trim() ?? ''} (exit code ${result?.code ?? '?'})`,
    );
}

async function written({ record }: RunningLab, action: Omit<FailureAction, 'time'>): Promise<FailureAction> {
  const whole = { time: new Date().toISOString(), ...action };
  await recordAction(record.name, whole);
  return whole;
}
