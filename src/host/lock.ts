import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { takeByName } from './locks/by-name.ts';
import { takeByOpening } from './locks/by-open.ts';
import { takeByProgram } from './locks/by-program.ts';
import { cannotLock, type Lock, type Taken } from './locks/taken.ts';

/** What to do about a lock. */
export interface LockOptions {
  /** Called once where somebody else holds it. */
  onWait?: () => void;
  /** Makes the folder of the lock file, or refuses to; a holder may remove it, so it can be called again. */
  makeFolder?: () => void;
}

/**
 * Holds a lock file until released. The system lets go of it when this process ends, however it ends. A holder may
 * delete the file: who waited then makes it anew.
 * @throws LabError machineCannot where the file cannot be made; whatever `makeFolder` throws
 */
export async function hold(file: string, options: LockOptions = {}): Promise<Lock> {
  let said = false;
  const onWait = () => {
    if (!said) options.onWait?.();
    said = true;
  };
  const lock = await take(file, { ...options, onWait });
  if (lock === undefined) throw new LabError(EXIT.machineCannot, `cannot lock ${file}`);
  return lock;
}

/** Holds a lock file if nobody else does; undefined where somebody does. */
export async function tryHold(
  file: string,
  options: Omit<LockOptions, 'onWait'> = {},
): Promise<Lock | undefined> {
  return take(file, options);
}

async function take(file: string, options: LockOptions): Promise<Lock | undefined> {
  const makeFolder = options.makeFolder ?? (() => mkdirSync(dirname(file), { recursive: true, mode: 0o700 }));
  for (;;) {
    try {
      makeFolder();
    } catch (error) {
      if (error instanceof LabError || !isObstacle(error)) throw error;
      throw cannotLock(file, (error as Error).message);
    }
    const taken = await takeOnce(file, options.onWait);
    if (taken === 'refused') return undefined;
    if (taken !== 'gone') return taken;
  }
}

/** What is in the way of a folder; a full disk and the like are told with a hint of their own. */
function isObstacle(error: unknown): boolean {
  return ['EEXIST', 'ENOTDIR', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function takeOnce(file: string, onWait: (() => void) | undefined): Promise<Taken> {
  if (['darwin', 'freebsd', 'openbsd'].includes(process.platform)) return takeByOpening(file, onWait);
  return process.platform === 'win32' ? takeByName(file, onWait) : takeOnLinux(file, onWait);
}

async function takeOnLinux(file: string, onWait: (() => void) | undefined): Promise<Taken> {
  return (await takeByProgram(file, onWait)) ?? takeByName(file, onWait);
}
