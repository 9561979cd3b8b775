import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, LabError } from '../../errors.ts';
import { namesIn } from '../../host/files.ts';
import { tryHold } from '../../host/lock.ts';
import { cacheDirectory } from '../../host/paths.ts';
import { EMBEDDED_PROCESSOR, PROCESSORS, type Processor } from '../../host/processor.ts';
import { buildLock } from './builds.ts';
import { kernelKey } from './kernel.ts';
import { rootKey } from './root.ts';

/** Something that was kept for next time. */
export interface Kept {
  /** Below the cache's folder. */
  name: string;
  what: 'root filesystem' | 'engine filesystem' | 'engine disk' | 'kernel' | 'of another version';
  /** What the programs on it are for; absent of what another version made, which may have called it otherwise. */
  processor?: Processor;
  /** Bytes that it takes on the disk. */
  bytes: number;
  /** When it was made: ISO 8601. */
  made: string;
  /** Whether this version of the tool would use it. */
  used: boolean;
}

/** Only what has such a name was made for the cache; whatever else is there is nobody's to remove. */
const OURS = /^(root-[0-9a-f]{12}|engine-[0-9a-f]{12}-.+\.img|kernel-[0-9a-f]{12}-.+)$/;

const KERNEL = { what: 'kernel', processor: EMBEDDED_PROCESSOR } as const;

/**
 * What is kept for next time, the largest first.
 * @param image name of the image of a node, which the disk of an engine has on it
 */
export function kept(image: string): Kept[] {
  const current: Record<string, Pick<Kept, 'what' | 'processor'>> = {
    ...Object.fromEntries(
      PROCESSORS.map((processor) => [
        `root-${rootKey('netns', processor)}`,
        { what: 'root filesystem' as const, processor },
      ]),
    ),
    [`root-${rootKey('docker')}`]: { what: 'engine filesystem', processor: EMBEDDED_PROCESSOR },
    [engineDiskName(rootKey('docker'), image)]: { what: 'engine disk', processor: EMBEDDED_PROCESSOR },
  };
  const kernels = `kernel-${kernelKey()}-`;
  return namesIn(cacheDirectory())
    .filter((name) => OURS.test(name))
    .map((name): Kept => {
      const path = join(cacheDirectory(), name);
      const known = current[name] ?? (name.startsWith(kernels) ? KERNEL : { what: 'of another version' });
      const made = lstatSync(path).mtime.toISOString();
      return { name, ...known, bytes: size(path), made, used: known.what !== 'of another version' };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

/** What an embedded machine's engine disk is called. */
export function engineDiskName(engineKey: string, image: string): string {
  return `engine-${engineKey}-${image.split(':')[1] ?? image}.img`;
}

/**
 * Removes what was kept. A lab that is up goes on: what it has open stays until it has ended.
 * @throws LabError machineCannot while something is being built
 */
export async function removeKept(things: readonly Kept[]): Promise<void> {
  if (things.length === 0) return;
  const lock = await tryHold(buildLock());
  if (lock === undefined)
    throw new LabError(EXIT.machineCannot, 'something is being built for the cache at this moment', {
      fix: 'wait for it, or interrupt it',
    });
  try {
    for (const { name } of things) await rm(join(cacheDirectory(), name), { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}

function size(path: string): number {
  const found = lstatSync(path);
  const own = found.blocks * 512;
  if (!found.isDirectory()) return own;
  return namesIn(path).reduce((sum, entry) => sum + size(join(path, entry)), own);
}
