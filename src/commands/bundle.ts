import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { packImage, packTarball } from '../bundle/archives.ts';
import { bundleTree } from '../bundle/tree.ts';
import { interruptSignal } from '../host/interrupt.ts';
import { buildAlone } from '../machine/embedded/builds.ts';
import { chooseKernel } from '../machine/embedded/kernel.ts';
import { buildPrograms, ensurePrograms } from '../machine/embedded/packages.ts';
import { ensureRoot } from '../machine/embedded/root.ts';
import { seconds, type Progress } from '../terminal/progress.ts';
import { expectPlaceFor, writeWhole } from '../files/output-file.ts';

/** Forms in which the same contents are packed. */
export type BundleForm = 'image' | 'tarball';

/**
 * Packs the tool with all that it needs at run time, for places without a network or without rights.
 * @param file `-`: standard output
 * @returns its size in bytes
 */
export async function makeBundle(form: BundleForm, file: string, progress: Progress): Promise<number> {
  await expectPlaceFor(file);
  const made = await chooseKernel(undefined);
  // Where it cannot be had, nothing is installed for it.
  const root = await ensureRoot(progress);
  await ensurePrograms(buildPrograms(), progress);
  const task = progress.start(form, 'starting');
  const began = performance.now();
  const waiting = () => {
    task.update('waiting for another build');
  };
  try {
    return await buildAlone('bundle', waiting, async (work) => {
      await mkdir(work, { recursive: true });
      const tree = await bundleTree(work, { root, made }, task, progress);
      task.update('packing');
      const packed = await (form === 'image' ? packImage : packTarball)(work, tree);
      interruptSignal.throwIfAborted();
      const { size } = await stat(packed);
      await writeWhole(createReadStream(packed), file);
      task.done(`${Math.round(size / 1e6)} MB (${seconds(performance.now() - began)})`);
      return size;
    });
  } catch (error) {
    task.fail();
    throw error;
  }
}
