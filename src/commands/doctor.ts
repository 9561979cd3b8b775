import { userInfo } from 'node:os';
import { textOrNothing } from '../host/files.ts';
import { hostAbilities } from '../machine/abilities.ts';
import {
  BUILD_PROGRAMS,
  RUN_PROGRAMS,
  UNPRIVILEGED_BUILD_PROGRAMS,
  missing,
} from '../machine/embedded/packages.ts';
import { findMadeKernel } from '../machine/embedded/kernel.ts';
import { findRoot } from '../machine/embedded/root.ts';
import { SCHEDULERS, type Scheduler } from '../topology/types.ts';
import type { Diagnosis } from '../place/diagnosis.ts';
import { engineFacts } from '../place/engine-facts.ts';
import { diagnosisOf, type HostFacts } from '../place/judge-host.ts';

/** Tried where nobody asks for more: each that is tried, an engine's kernel loads. */
const FEW: readonly Scheduler[] = ['rr'];

/**
 * What this machine can do, what it cannot, and the fix. Installs and builds nothing, and loads nothing into this
 * host's kernel; on a Docker engine that has the image of a node one is made and removed again, and its kernel loads
 * what it has of `ip_vs`, the schedulers that are tried, and `ipip`.
 * @param everyScheduler tries each of them there, instead of one
 */
export async function doctor(everyScheduler: boolean): Promise<Diagnosis> {
  const [abilities, engine, built, kernel, absent] = await Promise.all([
    hostAbilities(),
    engineFacts(everyScheduler ? SCHEDULERS : FEW),
    findRoot(),
    findMadeKernel(),
    missing([...RUN_PROGRAMS, ...BUILD_PROGRAMS, ...UNPRIVILEGED_BUILD_PROGRAMS]),
  ]);
  const root = built && { ...built.manifest, directory: built.directory };
  return diagnosisOf({ abilities, node: process.version, engine, root, kernel, absent, user: thisUser() });
}

function thisUser(): HostFacts['user'] {
  const uid = String(process.getuid?.() ?? '');
  const name = nameOfUser() ?? uid;
  const rows = textOrNothing('/etc/subuid').split('\n');
  return {
    name,
    hasSubordinateIds: rows.some((row) => row.startsWith(`${name}:`) || row.startsWith(`${uid}:`)),
  };
}

/** In a container the user may have none. */
function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
