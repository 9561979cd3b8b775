import { join } from 'node:path';
import { LabError } from '../../errors.ts';
import { labDirectory } from '../../records/lab.ts';
import { treeMemory } from '../../machine/memory.ts';
import { readIdentity } from '../../machine/processes.ts';
import { findLab } from '../../lifecycle/existing.ts';
import { test } from '../test.ts';

/** MiB of a seat that has been used: a test runs what students will, and its kernel keeps the memory that it took. */
export async function memoryInUse(lab: string): Promise<number> {
  try {
    await test(await findLab(lab));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
  }

  const holder = readIdentity(join(labDirectory(lab), 'holder'));
  return holder === undefined ? 0 : treeMemory(holder.pid);
}
