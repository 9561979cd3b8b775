import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { packageRoot } from '../paths.ts';
import { makePlan } from '../plan/plan.ts';
import type { Plan } from '../plan/types.ts';
import { parseTopology } from '../topology/parse.ts';

/** Larger than any topology: what is larger is some other file. */
const LARGEST = 1024 * 1024;

/** Names of the topologies that come with the tool. */
export function shippedTopologies(): string[] {
  return readdirSync(join(packageRoot, 'topologies'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** The file that a user means by a path or by a shipped topology's name. */
export function topologyFile(reference: string): string {
  if (shippedTopologies().includes(reference) && !existsSync(reference))
    return join(packageRoot, 'topologies', `${reference}.yaml`);
  if (existsSync(reference) && statSync(reference).isFile()) return reference;
  if (shippedTopologies().includes(reference)) return join(packageRoot, 'topologies', `${reference}.yaml`);
  throw new LabError(
    EXIT.badInput,
    existsSync(reference)
      ? `${reference} is a directory, not a topology file`
      : `${reference} is neither a file nor a topology that comes with the tool`,
    { mend: `name a YAML file, or one of: ${shippedTopologies().join(', ')}` },
  );
}

/**
 * Reads a topology and plans it.
 * @param name the lab's name where it is not to be the topology's
 * @throws LabError badInput, with every problem of the file
 */
export function loadPlan(reference: string, name?: string): Plan {
  const file = topologyFile(reference);
  if (name !== undefined && !/^[a-z][a-z0-9-]{0,31}$/.test(name))
    throw new LabError(EXIT.badInput, `"${name}" cannot be a lab's name`, {
      mend: 'lower-case letters, digits and dashes, a letter first, at most 32 characters',
    });
  if (statSync(file).size > LARGEST)
    throw new LabError(EXIT.badInput, `${file} is larger than 1 MiB: not a topology file`);
  return makePlan(parseTopology(read(file), file, basename(file).replace(/\.ya?ml$/, '')), name);
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new LabError(EXIT.badInput, `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
