import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, LabError } from './errors.ts';
import type { Endpoint } from './docker/endpoint.ts';
import type { Settings } from './drift/settings.ts';
import type { MachineName } from './machine/machine.ts';
import { stateDirectory } from './paths.ts';
import type { Plan } from './plan/types.ts';
import type { RuntimeKind } from './runtime/runtime.ts';
import { writeWholeFile } from './whole-file.ts';

/** What is written down about a lab before anything of it is made, so that whatever follows can be taken down. */
export interface LabRecord {
  version: 1;
  name: string;
  machine: MachineName;
  runtime: RuntimeKind;
  /** The engine whose containers the nodes are; absent where they are none, or of the embedded machine's own. */
  engine?: Endpoint;
  /** The topology as the user named it. */
  topology: string;
  /** Version of the tool that made it. */
  toolVersion: string;
  /** ISO 8601. */
  created: string;
  /** False until `up` has come to its end. */
  complete: boolean;
  /** Subnets that its own were chosen around, where the topology left them open and they were in the way. */
  around?: string[];
  plan: Plan;
}

/** Where a lab's records, sockets and logs are. */
export function labDirectory(name: string): string {
  return join(stateDirectory(), name);
}

/** The lock that whoever makes or ends a lab holds. */
export function labLock(name: string): string {
  return join(labDirectory(name), 'lock');
}

/** Writes the record whole or not at all. */
export function writeRecord(record: LabRecord): void {
  const directory = labDirectory(record.name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'lab.json');
  writeWholeFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** The record of a lab; undefined where there is none (a killed `up` may leave a directory without one). */
export function readRecord(name: string): LabRecord | undefined {
  let text: string;
  try {
    text = readFileSync(join(labDirectory(name), 'lab.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LabError(EXIT.labFailed, `cannot read the record of lab ${name}`, { cause: error });
  }
  const record = JSON.parse(text) as { version: number };
  if (record.version !== 1)
    throw new LabError(EXIT.labFailed, `lab ${name} was made by another version of this tool`, {
      mend: `take it down with that version, or with this one: lab down ${name}`,
    });
  return record as LabRecord;
}

/** Writes down every node's sysctls as they were when the lab had just been set up. */
export function writeSettings(name: string, settings: Record<string, Settings>): void {
  writeFileSync(join(labDirectory(name), 'settings.json'), JSON.stringify(settings));
}

/** Every node's sysctls as they were when the lab had just been set up; empty for a lab of an older version. */
export function settingsOf(name: string): Record<string, Settings> {
  const file = join(labDirectory(name), 'settings.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Settings>) : {};
}

/** Names of all labs that left a directory, complete or not. */
export function labNames(): string[] {
  try {
    return (
      readdirSync(stateDirectory(), { withFileTypes: true })
        // What begins with a dot is no lab: classes are kept there.
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map((entry) => entry.name)
        .sort()
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new LabError(
      EXIT.machineCannot,
      `cannot look for labs in ${stateDirectory()}: ${(error as Error).message}`,
      {
        mend: 'make it a directory that you may read, or name another in LVSLAB_STATE',
      },
    );
  }
}

/** Empties a lab's directory but for the lock, which the caller holds and goes on to hold. */
export function clearRecord(name: string): void {
  if (!existsSync(labDirectory(name))) return;
  for (const entry of readdirSync(labDirectory(name)))
    if (entry !== 'lock') rmSync(join(labDirectory(name), entry), { recursive: true, force: true });
}

/** Removes a lab's directory, and the common one where it was the last. Only after everything in it has ended. */
export function removeRecord(name: string): void {
  clearRecord(name);
  // The lock last: whoever waits for the lab may begin to write here as soon as it is gone.
  rmSync(labLock(name), { force: true });
  for (const directory of [labDirectory(name), stateDirectory()]) {
    try {
      rmdirSync(directory);
    } catch {
      // Somebody has begun to use it again, or other labs are still in it.
    }
  }
}
