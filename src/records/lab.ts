import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { endpointSchema } from '../docker/endpoint.ts';
import { settingsSchema, type Settings } from '../drift/settings.ts';
import { EXIT, LabError } from '../errors.ts';
import { hold } from '../host/lock.ts';
import type { Lock } from '../host/locks/taken.ts';
import { KERNEL_KINDS } from '../machine/embedded/kernel-kinds.ts';
import { machineNameSchema } from '../machine/machine.ts';
import { PROCESSORS } from '../host/processor.ts';
import { planSchema, type Plan } from '../plan/types.ts';
import { RUNTIME_KINDS } from './runtime-kinds.ts';
import {
  LOCK,
  assertOwnPlace,
  clearOwnFolder,
  isOwnFolder,
  makeOwnFolder,
  makeStateFolder,
  removeOwnFolder,
  removeStateFolder,
  stateFolder,
} from '../state/folders.ts';
import { assertLabName, isLabName } from '../state/lab-names.ts';
import { readOwnFile, writeWholeFile } from '../state/own-files.ts';
import { lookFor, parseRecord, type Looked } from '../state/records.ts';

export const labRecordSchema = z
  .object({
    version: z.literal(1),
    name: z.string().check(z.refine(isLabName)),
    machine: machineNameSchema,
    runtime: z.enum(RUNTIME_KINDS),
    /** The engine whose containers the nodes are; absent where they are none, or of the embedded machine's own. */
    engine: z.exactOptional(endpointSchema),
    /** The processor of another host that the nodes are namespaces of; absent: x86-64, as in older versions. */
    processor: z.exactOptional(z.enum(PROCESSORS)),
    /** What an embedded machine was booted with; absent: Debian's kernel, as in older versions. */
    kernel: z.exactOptional(z.object({ kind: z.enum(KERNEL_KINDS), release: z.string() })),
    /** The topology as the user named it. */
    topology: z.string(),
    /** Version of the tool that made it. */
    toolVersion: z.string(),
    /** ISO 8601. */
    created: z.string(),
    /** False until `up` has come to its end. */
    complete: z.boolean(),
    /** Of one that is up and does not answer: which of the first requests was not answered, and why. */
    unanswered: z.exactOptional(z.string()),
    /** Subnets that its own were chosen around, where the topology left them open and they were in the way. */
    around: z.exactOptional(z.array(z.string())),
    plan: planSchema,
  })
  .check(z.refine(({ name, plan }) => plan.name === name, { path: ['plan', 'name'] }));
/** What is written down about a lab before anything of it is made, so that whatever follows can be taken down. */
export type LabRecord = z.infer<typeof labRecordSchema>;

/** In a lab's folder; by it an older version's folder is known as a lab's. */
const RECORD = 'lab.json';

/**
 * Where a lab's records, sockets and logs are: directly below the state folder, whatever the name. It need not be there.
 * @throws LabError badInput for what is no lab's name; machineCannot where somebody else could have put it there
 */
export function labDirectory(name: string): string {
  assertLabName(name);
  return assertOwnPlace(join(stateFolder(), name));
}

/** Whether a lab has left anything here, complete or not. */
export function labExists(name: string): boolean {
  return isOwnFolder(labDirectory(name), RECORD);
}

/**
 * Holds the lock that whoever makes or ends a lab holds. Its folder is there from then on.
 * @param onWait called once where another command works on the lab
 * @throws LabError badInput where something else has the place of its folder
 */
export async function holdLab(name: string, onWait: () => void = () => undefined): Promise<Lock> {
  const folder = labDirectory(name);
  return hold(join(folder, LOCK), {
    onWait,
    makeFolder: () => {
      makeOwnFolder(makeStateFolder(), name, RECORD);
    },
  });
}

/** Writes the record whole or not at all. */
export function writeRecord(record: LabRecord): void {
  makeOwnFolder(makeStateFolder(), record.name, RECORD);
  writeWholeFile(join(labDirectory(record.name), RECORD), recordText(record));
}

function recordText(record: LabRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Whether a lab was brought up by just this plan: values count, and not the order in which an earlier release wrote them. */
export function isSamePlan(recorded: Plan, plan: Plan): boolean {
  // A record has no key without a value.
  return isDeepStrictEqual(recorded, JSON.parse(JSON.stringify(plan)));
}

/**
 * The record of a lab; undefined where there is none (a killed `up` may leave a folder without one).
 * @throws LabError labFailed where it is damaged or of another version; machineCannot where it could be another user's
 */
export function readRecord(name: string): LabRecord | undefined {
  const text = readOwnFile(join(labDirectory(name), RECORD));
  if (text === undefined) return undefined;
  const fix = `take the lab down: lab down ${name}`;
  const record = parseRecord(text, labRecordSchema, `the record of lab ${name}`, fix);
  if (record.name === name) return record;
  throw new LabError(EXIT.labFailed, `the record of lab ${name} is of another lab, ${record.name}`, { fix });
}

/** The record of a lab, or why it cannot be read; undefined where there is none. */
export function lookUp(name: string): Looked<LabRecord> {
  return lookFor(() => readRecord(name));
}

/** The records of all labs that can be read: one that is damaged is not in the way of the others. */
export function readableRecords(): LabRecord[] {
  return labNames().flatMap((name) => {
    const found = lookUp(name);
    return found !== undefined && 'record' in found ? [found.record] : [];
  });
}

const SETTINGS = 'settings.json';
const allSettingsSchema = z.record(z.string(), settingsSchema);

/** Writes down every node's sysctls as they were when the lab had just been set up. */
export function writeSettings(name: string, settings: Record<string, Settings>): void {
  writeWholeFile(join(labDirectory(name), SETTINGS), JSON.stringify(settings));
}

/**
 * Every node's sysctls as they were when the lab had just been set up; empty for a lab of an older version.
 * @throws LabError labFailed where the file is damaged
 */
export function settingsOf(name: string): Record<string, Settings> {
  const text = readOwnFile(join(labDirectory(name), SETTINGS));
  return text === undefined
    ? {}
    : parseRecord(
        text,
        allSettingsSchema,
        `the list of settings of lab ${name}`,
        `build the lab anew: lab down ${name}, then lab up`,
      );
}

/**
 * Changes a file beside a lab's record; nobody else does so between the reading and the writing.
 * @param file its name in the lab's folder
 * @param change gets what is written at that moment, undefined where nothing is, and returns what is to be; undefined:
 *   nothing is written. It must not take long.
 * @throws LabError labFailed where the lab is gone
 */
export async function changeLabFile(
  lab: string,
  file: string,
  change: (text: string | undefined) => string | undefined,
): Promise<void> {
  const path = join(labDirectory(lab), file);
  const lock = await hold(`${path}.lock`, {
    // A lab that is taken down meanwhile is not to get a folder by this.
    makeFolder: () => {
      if (!labExists(lab)) throw new LabError(EXIT.labFailed, `lab ${lab} was taken down`);
    },
  });
  try {
    const text = change(readOwnFile(path));
    if (text !== undefined) writeWholeFile(path, text);
  } finally {
    await lock.release();
  }
}

/**
 * Writes down that a lab is up and does not answer, or that it does now.
 * @param unanswered which request was not answered, and why; undefined: all are
 * @throws LabError labFailed where the lab is gone
 */
export async function markAnswering(lab: string, unanswered: string | undefined): Promise<void> {
  await changeLabFile(lab, RECORD, () => {
    const record = readRecord(lab);
    if (record === undefined) return undefined;
    const marked = { ...record };
    delete marked.unanswered;
    return recordText(unanswered === undefined ? marked : { ...marked, unanswered });
  });
}

/**
 * Names of all labs that left a folder, complete or not. Whatever else is in the state folder is not looked at.
 * @throws LabError machineCannot where the state folder is not to be trusted, or not to be read
 */
export function labNames(): string[] {
  const folder = stateFolder();
  try {
    return readdirSync(folder)
      .filter((name) => isLabName(name) && isOwnFolder(join(folder, name), RECORD))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new LabError(EXIT.machineCannot, `cannot look for labs in ${folder}: ${(error as Error).message}`, {
      fix: 'make it a directory that you may read, or name another in LVSLAB_STATE',
    });
  }
}

/** Empties a lab's folder but for the lock, which the caller holds and goes on to hold. */
export function clearRecord(name: string): void {
  clearOwnFolder(labDirectory(name), RECORD);
}

/** Removes a lab's folder, and the common one where it was the last. Only after everything in it has ended. */
export function removeRecord(name: string): void {
  removeOwnFolder(labDirectory(name), RECORD);
  removeStateFolder();
}
