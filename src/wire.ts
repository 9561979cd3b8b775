import { join } from 'node:path';
import { labDirectory, type LabRecord } from './lab.ts';
import { localMachine } from './machine/local.ts';
import { embeddedMachine } from './machine/embedded/embedded.ts';
import type { Root } from './machine/embedded/root.ts';
import { netns } from './runtime/netns.ts';
import type { Runtime } from './runtime/runtime.ts';

/** The runtime of a lab that exists, or is about to: the only place that names implementations. */
export function runtimeOf(record: Pick<LabRecord, 'name' | 'machine'>, root?: Root): Runtime {
  const directory = labDirectory(record.name);
  const machine =
    record.machine === 'embedded'
      ? embeddedMachine(directory)
      : localMachine(join(directory, 'nodes'), root?.image ?? '');
  return netns(machine);
}
