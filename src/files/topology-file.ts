import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { packageRoot } from '../host/paths.ts';
import { makePlan } from '../plan/plan.ts';
import { parseSound } from './sound-topology.ts';
import type { Plan } from '../plan/types.ts';
import type { Topology } from '../topology/types.ts';
import { readInput } from './input-file.ts';

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
    { fix: `name a YAML file, or one of: ${shippedTopologies().join(', ')}` },
  );
}

/** The text of a topology as it stands. @throws LabError badInput */
export function topologyText(reference: string): string {
  return new TextDecoder().decode(readInput(topologyFile(reference), 'a topology'));
}

/**
 * Reads a topology.
 * @param taken subnets of others, which those that it leaves open are not to have
 * @throws LabError badInput, with every problem of the file
 */
export function readTopology(reference: string, taken: string[] = []): Topology {
  const file = topologyFile(reference);
  return parseSound(readInput(file, 'a topology'), file, basename(file).replace(/\.ya?ml$/, ''), taken);
}

/**
 * Reads a topology and plans it.
 * @param name the lab's name where it is not to be the topology's
 * @param taken as for `readTopology`
 * @throws LabError badInput
 */
export function readPlan(reference: string, name?: string, taken: string[] = []): Plan {
  if (name !== undefined && !/^[a-z][a-z0-9-]{0,31}$/.test(name))
    throw new LabError(EXIT.badInput, `"${name}" cannot be a lab's name`, {
      fix: 'lower-case letters, digits and dashes, a letter first, at most 32 characters',
    });
  return makePlan(readTopology(reference, taken), name);
}
