import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { undoing } from '../host/interrupt.ts';
import {
  clearRecord,
  labDirectory,
  labNames,
  lookUp,
  readRecord,
  readableRecords,
  removeRecord,
  type LabRecord,
} from '../records/lab.ts';
import { isUp } from '../machine/embedded/line.ts';
import { endTree, isAlive, readIdentity } from '../machine/processes.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { isRemote } from '../machine/machine.ts';
import { assertLabName } from '../state/lab-names.ts';
import { localNodes, runtimeOf } from '../wire.ts';
import { adoptLabs } from './adopt.ts';

/**
 * `not-answering`: it is up whole, and its first requests were not answered; `unreachable`: its engine or host does not
 * answer, so nobody knows; `unreadable`: its record is damaged.
 */
export type LabHealth =
  'up' | 'not-answering' | 'damaged' | 'dead' | 'incomplete' | 'unreachable' | 'unreadable';

/** What has become of a lab that left a record. */
export async function healthOf(record: LabRecord): Promise<LabHealth> {
  if (!record.complete) return 'incomplete';
  if (record.machine === 'embedded' && !(await isUp(labDirectory(record.name)))) return 'dead';
  let states;
  try {
    states = await runtimeOf(record).states();
  } catch (error) {
    if (error instanceof LabError && isElsewhere(record)) return 'unreachable';
    throw error;
  }
  const running = new Set(states.filter((s) => s.state === 'running').map((s) => s.node));
  if (!states.some((s) => s.state !== 'dead')) return 'dead';
  if (!record.plan.nodes.every((node) => running.has(node.name))) return 'damaged';
  return record.unanswered === undefined ? 'up' : 'not-answering';
}

/**
 * Ends everything of a lab, however far it got: the kernel's holder, and with it the kernel, or the nodes; then its
 * directory. Touches nothing that a record does not name. The caller holds the lab's lock.
 * @param options.forget leaves what is on an engine or another host alone, as where that is gone for good
 * @returns why its record could not be read, where that is so: what it had elsewhere is then not known
 * @throws LabError where an engine or host is out of reach; the record stays then
 */
export function takeDown(
  name: string,
  options: { keepDirectory?: boolean; forget?: boolean } = {},
): Promise<LabError | undefined> {
  return undoing(() => takeDownNow(name, options));
}

async function takeDownNow(
  name: string,
  options: { keepDirectory?: boolean; forget?: boolean },
): Promise<LabError | undefined> {
  const directory = labDirectory(name);
  // A holder that has not yet written down who it is finds no kernel to start.
  rmSync(join(directory, 'boot.sh'), { force: true });
  const holder = readIdentity(join(directory, 'holder'));
  if (holder !== undefined) await endTree(holder);
  // A local lab has its nodes' records here, even where its own record was never written.
  if (existsSync(join(directory, 'nodes'))) await localNodes(name).destroy();
  const found = lookUp(name);
  const record = found !== undefined && 'record' in found ? found.record : undefined;
  if (options.forget !== true && record !== undefined && isElsewhere(record))
    await runtimeOf(record).destroy();
  if (options.keepDirectory === true) clearRecord(name);
  else removeRecord(name);
  return found !== undefined && 'unreadable' in found ? found.unreadable : undefined;
}

/** Whether a lab's nodes outlive what this host holds of it. */
function isElsewhere({ machine, runtime }: LabRecord): boolean {
  return isRemote(machine) || (runtime === 'docker' && machine !== 'embedded');
}

/** A lab that is up, and the way to its nodes. */
export interface RunningLab {
  record: LabRecord;
  runtime: Runtime;
}

/**
 * Finds a lab that can be worked with: the named one, or the only one.
 * @throws LabError badInput where there is none or the choice is not clear; labFailed where it has died
 */
export async function findLab(name: string | undefined): Promise<RunningLab> {
  if (name !== undefined) assertLabName(name);
  if (name === undefined ? labNames().length === 0 : readRecord(name) === undefined) await adoptLabs(name);
  const names = labNames();
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) {
    throw names.length === 0
      ? new LabError(EXIT.badInput, 'no lab is up', { fix: 'bring one up: lab up nat' })
      : new LabError(EXIT.badInput, `several labs are up: ${names.join(', ')}`, {
          fix: 'name the one you mean',
        });
  }
  const record = names.includes(chosen) ? readRecord(chosen) : undefined;
  if (record === undefined)
    throw new LabError(
      EXIT.badInput,
      `no lab ${chosen} is up${names.length > 0 ? ` (up: ${names.join(', ')})` : ''}`,
      {
        fix: `bring it up: lab up ${chosen}`,
      },
    );
  if (!record.complete)
    throw new LabError(
      EXIT.labFailed,
      `lab ${chosen} is not complete: its \`up\` is still at work, or was killed`,
      {
        fix: `if nothing is at work on it: lab down ${chosen}`,
      },
    );
  assertAlive(record);
  return { record, runtime: runtimeOf(record) };
}

function assertAlive(record: LabRecord): void {
  if (record.machine !== 'embedded') return;
  const holder = readIdentity(join(labDirectory(record.name), 'holder'));
  if (holder !== undefined && isAlive(holder)) return;
  throw new LabError(EXIT.labFailed, `lab ${record.name} has died: its kernel is gone`, {
    fix: `lab down ${record.name}, then lab up ${record.topology}`,
  });
}

/**
 * Splits `LAB/NODE` or a bare `NODE` and finds it.
 * @throws LabError badInput where there is no such node, or several labs have one
 */
export async function findNode(reference: string): Promise<RunningLab & { node: string }> {
  const [first = '', second] = reference.split('/');
  if (second !== undefined) return { ...withNode(await findLab(first), second), node: second };
  const labs = labsWithNode(first);
  if (labs.length > 1)
    throw new LabError(
      EXIT.badInput,
      `${first} is not unique: ${labs.map((lab) => `${lab}/${first}`).join(', ')}`,
      {
        fix: `say which, for example ${labs[0] ?? ''}/${first}`,
      },
    );
  return { ...withNode(await findLab(labs[0]), first), node: first };
}

/**
 * What a command that takes `[LAB] [NODE]` is about: a lab, or one node of it; a single word may be either.
 * @throws LabError badInput where it is neither, or not clear
 */
export async function findScope(
  first: string | undefined,
  second: string | undefined,
): Promise<RunningLab & { node: string | undefined }> {
  if (first !== undefined && second !== undefined) return findNode(`${first}/${second}`);
  const names = labNames();
  const isNode =
    first !== undefined && !names.includes(first) && (first.includes('/') || labsWithNode(first).length > 0);
  return isNode ? findNode(first) : { ...(await findLab(first)), node: undefined };
}

/** Names of the labs that have a node of this name. */
function labsWithNode(name: string): string[] {
  return readableRecords()
    .filter(({ plan }) => plan.nodes.some((node) => node.name === name))
    .map((record) => record.name);
}

function withNode(lab: RunningLab, node: string): RunningLab {
  const nodes = lab.record.plan.nodes.map((n) => n.name);
  if (!nodes.includes(node))
    throw new LabError(EXIT.badInput, `lab ${lab.record.name} has no node ${node}`, {
      fix: `its nodes: ${nodes.join(', ')}`,
    });
  return lab;
}
