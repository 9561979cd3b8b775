import { basename } from 'node:path';
import { kept, removeKept, type Kept } from '../machine/embedded/cache.ts';
import { ensureMadeKernel } from '../machine/embedded/kernel-build.ts';
import { MADE, findMadeKernel, type MadeKernel } from '../machine/embedded/kernel.ts';
import { EXIT, LabError } from '../errors.ts';
import type { Progress } from '../terminal/progress.ts';

/** A kernel that was made for labs, as a report tells it. */
export interface MadeKernelReport {
  /** Its folder's. */
  name: string;
  directory: string;
  /** As `uname -r` says it. */
  release: string;
  /** Debian's source package and its version. */
  source: { package: string; version: string };
  /** The file that says how it is configured. */
  config: string;
  /** ISO 8601. */
  built: string;
}

function reportOf({ directory, release, facts }: MadeKernel): MadeKernelReport {
  const { source, built } = facts;
  return {
    ...{ name: basename(directory), directory, release, source, built },
    config: `${directory}/${MADE.config}`,
  };
}

/** Makes the kernel for labs, where this version of the tool has none yet. */
export async function buildKernel(progress: Progress): Promise<MadeKernelReport & { already: boolean }> {
  const { kernel, already } = await ensureMadeKernel(progress);
  return { ...reportOf(kernel), already };
}

/** The kernels in the cache, and the one that labs get, which may be on board instead. */
export async function listKernels(): Promise<{ used: MadeKernelReport | undefined; kernels: Kept[] }> {
  const used = await findMadeKernel();
  return { used: used && reportOf(used), kernels: keptKernels() };
}

/**
 * Removes kernels from the cache. A lab that is up goes on with its own.
 * @param names empty: all
 * @throws LabError badInput for a name that no kernel has
 */
export async function removeKernels(names: string[]): Promise<Kept[]> {
  const there = keptKernels();
  const unknown = names.filter((name) => !there.some((kernel) => kernel.name === name));
  if (unknown.length > 0)
    throw new LabError(EXIT.badInput, `no kernel is called ${unknown.join(', ')}`, {
      fix: 'lab kernel list has their names',
    });
  const gone = there.filter(({ name }) => names.length === 0 || names.includes(name));
  await removeKept(gone);
  return gone;
}

function keptKernels(): Kept[] {
  return kept('').filter(({ name }) => name.startsWith('kernel-'));
}
