import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { undoing } from '../../interrupt.ts';
import { hold, tryHold } from '../../lock.ts';
import { cacheDirectory } from '../../paths.ts';
import { endTree, readIdentity } from '../processes.ts';

/** The lock that whoever builds for the cache holds. */
export function buildLock(): string {
  return join(cacheDirectory(), 'build.lock');
}

/**
 * A folder for a build's unfinished parts. Only the holder of the lock is ever in it, so what is there is a killed
 * build's.
 */
export function buildFolder(what: string): string {
  return join(cacheDirectory(), `building-${what}`);
}

/**
 * Builds something for the cache, alone, in a folder that is gone afterwards: what is to stay is moved out of it.
 * @param onWait called where somebody else builds
 */
export async function buildAlone<T>(
  what: string,
  onWait: () => void,
  build: (folder: string) => Promise<T>,
): Promise<T> {
  const lock = await hold(buildLock(), onWait);
  const folder = buildFolder(what);
  // What builds notices an interruption itself; its folder goes in any case.
  return undoing(async () => {
    try {
      await discard(folder);
      return await build(folder);
    } finally {
      await discard(folder);
      await lock.release();
    }
  });
}

/** Ends the kernel that a build has booted in its folder, if any, and removes the folder. */
export async function discard(folder: string): Promise<void> {
  await endKernel(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Ends the kernel whose holder is recorded in a folder. */
export async function endKernel(folder: string): Promise<void> {
  const holder = readIdentity(join(folder, 'holder'));
  if (holder !== undefined) await endTree(holder);
}

/** Removes what a killed build left; a build at work holds the lock and is left alone. */
export async function removeStaleBuilds(): Promise<void> {
  const cache = cacheDirectory();
  const stale = existsSync(cache)
    ? (await readdir(cache)).filter((name) => name.startsWith('building-'))
    : [];
  if (stale.length === 0) return;
  const lock = await tryHold(buildLock());
  if (lock === undefined) return;
  for (const name of stale) await discard(join(cache, name));
  await lock.release();
}
