import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError } from '../errors.ts';
import { namesIn, textOrNothing } from '../host/files.ts';
import { readOwnFile } from '../state/own-files.ts';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTime: string;
}

/** Fields of /proc/PID/stat from the third on, the state; empty where there is no such process. */
export function statFields(pid: number): string[] {
  const stat = textOrNothing(`/proc/${pid}/stat`);
  // The command name, field 2, is in parentheses and may hold blanks.
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** The start time of a living process; undefined where there is none (a zombie counts as none). */
export function startTime(pid: number): string | undefined {
  const fields = statFields(pid);
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** A process and all that it started, and they in turn. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of namesIn('/proc').map(Number).filter(Number.isInteger)) {
    const parent = Number(statFields(pid)[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const parent of tree) tree.push(...(children.get(parent) ?? []));
  return tree;
}

/** Whether the very process that was recorded still lives. */
export function isAlive({ pid, startTime: recorded }: ProcessIdentity): boolean {
  return startTime(pid) === recorded;
}

/**
 * Reads `PID STARTTIME`, the form in which launchers record themselves; undefined where there is no such record.
 * @throws LabError machineCannot where it could be another user's: nothing that it names is ours
 */
export function readIdentity(file: string): ProcessIdentity | undefined {
  const [, pid, recorded] = /^(\d+) (\d+)\s*$/.exec(readOwnFile(file) ?? '') ?? [];
  return pid === undefined || recorded === undefined ? undefined : { pid: Number(pid), startTime: recorded };
}

/** What `readIdentity` reads, of a process that has just been started; nothing where it has ended already. */
export function identityText(pid: number): string {
  const started = startTime(pid);
  return started === undefined ? '' : `${pid} ${started}\n`;
}

/**
 * Waits until a recorded process has ended by itself.
 * @param limit milliseconds
 * @returns whether it has
 */
export async function hasEnded(identity: ProcessIdentity, limit: number): Promise<boolean> {
  const late = performance.now() + limit;
  while (isAlive(identity)) {
    if (performance.now() > late) return false;
    await sleep(10);
  }
  return true;
}

/** Milliseconds in which a killed process ends, on a machine that is as busy as can be. */
const LIMIT = 60_000;

/**
 * Kills a recorded process, and only that one, and waits until it is gone.
 * @throws LabError machineCannot where it does not end: it waits within the kernel of this host
 */
export async function end(identity: ProcessIdentity): Promise<void> {
  const limit = performance.now() + LIMIT;
  for (let waited = 0; isAlive(identity); waited += 1) {
    if (waited % 100 === 0) kill(identity.pid);
    if (performance.now() > limit)
      throw new LabError(
        EXIT.machineCannot,
        `process ${identity.pid} was killed and does not end (its state is ${statFields(identity.pid)[0] ?? '?'})`,
        {
          fix: 'it waits for a disk or a network file system of this host; once that answers, run the same again',
        },
      );
    await sleep(10);
  }
}

/**
 * Kills a recorded process and all that it started, and waits until the last of them is gone: until then they hold what
 * they had open, and the folder's file system cannot be unmounted.
 */
export async function endTree(identity: ProcessIdentity): Promise<void> {
  const started = isAlive(identity) ? processTree(identity.pid).slice(1).flatMap(identityOf) : [];
  await end(identity);
  for (const member of started) await end(member);
}

function identityOf(pid: number): ProcessIdentity[] {
  const time = startTime(pid);
  return time === undefined ? [] : [{ pid, startTime: time }];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
