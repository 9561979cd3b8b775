import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { measuredSchema } from '../class/needs.ts';
import { seatSchema, type Seat } from '../class/roster.ts';
import { EXIT, LabError } from '../errors.ts';
import { hold } from '../host/lock.ts';
import type { Lock } from '../host/locks/taken.ts';
import { KERNEL_KINDS } from '../machine/embedded/kernel-kinds.ts';
import {
  LOCK,
  assertOwnPlace,
  isOwnFolder,
  makeOwnFolder,
  makePlainFolder,
  makeStateFolder,
  removeEmpty,
  removeOwnFolder,
  removeStateFolder,
  stateFolder,
} from '../state/folders.ts';
import { assertLabName, isLabName } from '../state/lab-names.ts';
import { readOwnFile, writeWholeFile } from '../state/own-files.ts';
import { lookFor, parseRecord, type Looked } from '../state/records.ts';

const classRecordSchema = z.object({
  version: z.literal(1),
  name: z.string().check(z.refine(isLabName)),
  /** As the trainer named it. */
  topology: z.string(),
  /** ISO 8601. */
  created: z.string(),
  seats: z.array(seatSchema),
  /** The kernel that was asked for; absent: as for any lab. */
  kernel: z.exactOptional(z.enum(KERNEL_KINDS)),
  /** What one of its seats took. */
  measured: z.exactOptional(measuredSchema),
});
/** What is written down about a class before the first of its labs is begun. */
export type ClassRecord = z.infer<typeof classRecordSchema>;

/** In a class's folder; by it an older version's folder is known as a class's. */
const RECORD = 'class.json';

/** No lab's name begins with a dot. */
const classesDirectory = () => assertOwnPlace(join(stateFolder(), '.classes'));

/**
 * Where a class's record is, whatever the name: directly below the folder of all classes. It need not be there.
 * @throws LabError badInput for what is no class's name; machineCannot where somebody else could have put it there
 */
export function classDirectory(name: string): string {
  assertLabName(name, 'class');
  return assertOwnPlace(join(classesDirectory(), name));
}

/** Whether a class has left anything here, complete or not. */
export function classExists(name: string): boolean {
  return isOwnFolder(classDirectory(name), RECORD);
}

function makeClassFolder(name: string): void {
  makeStateFolder();
  makePlainFolder(classesDirectory());
  makeOwnFolder(classesDirectory(), name, RECORD);
}

/**
 * Holds the lock that whoever adds seats to a class or takes them away holds. Its folder is there from then on.
 * @param onWait called once where another command works on the class
 */
export async function holdClass(name: string, onWait: () => void = () => undefined): Promise<Lock> {
  return hold(join(classDirectory(name), LOCK), {
    onWait,
    makeFolder: () => {
      makeClassFolder(name);
    },
  });
}

/** The lab of a seat. */
export function seatLab(record: Pick<ClassRecord, 'name'>, { seat }: Pick<Seat, 'seat'>): string {
  return `${record.name}-${seat}`;
}

/** Names of all classes that left a folder; whatever else is there is not looked at. */
export function classNames(): string[] {
  const folder = classesDirectory();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => isLabName(name) && isOwnFolder(join(folder, name), RECORD))
    .sort();
}

/**
 * The record of a class; undefined where there is none.
 * @throws LabError labFailed where it is damaged or of another version
 */
export function readClass(name: string): ClassRecord | undefined {
  const text = readOwnFile(join(classDirectory(name), RECORD));
  if (text === undefined) return undefined;
  const fix = `take the class away, then its labs one by one: lab class down ${name}; lab list`;
  const record = parseRecord(text, classRecordSchema, `the record of class ${name}`, fix);
  if (record.name === name) return record;
  throw new LabError(EXIT.labFailed, `the record of class ${name} is of another class, ${record.name}`, {
    fix,
  });
}

/** The record of a class, or why it cannot be read; undefined where there is none. */
export function lookUpClass(name: string): Looked<ClassRecord> {
  return lookFor(() => readClass(name));
}

/** Writes the record whole or not at all. */
export function writeClass(record: ClassRecord): void {
  makeClassFolder(record.name);
  writeWholeFile(join(classDirectory(record.name), RECORD), `${JSON.stringify(record, null, 2)}\n`);
}

/** Removes a class's record, and the folders above where it was the last in them. Its labs are gone by then. */
export function removeClass(name: string): void {
  removeOwnFolder(classDirectory(name), RECORD);
  if (existsSync(classesDirectory())) removeEmpty(classesDirectory());
  removeStateFolder();
}

/**
 * The class that is meant: the named one, or the only one.
 * @throws LabError badInput
 */
export function findClass(name: string | undefined): ClassRecord {
  const names = classNames();
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  const record = chosen === undefined ? undefined : readClass(chosen);
  if (record !== undefined) return record;
  const there = names.length === 0 ? '' : ` (there are: ${names.join(', ')})`;
  throw chosen === undefined && names.length > 0
    ? new LabError(EXIT.badInput, `several classes are up: ${names.join(', ')}`, {
        fix: 'say which: --class NAME',
      })
    : new LabError(
        EXIT.badInput,
        chosen === undefined ? 'no class is up' : `no class ${chosen} is up${there}`,
        {
          fix: 'begin one: lab class up nat --students 20',
        },
      );
}

/**
 * The seats that are meant, by seat or by name; all where none is named.
 * @throws LabError badInput with those that there are
 */
export function findSeats(record: ClassRecord, wanted: readonly string[]): Seat[] {
  const strangers = wanted.filter((w) => !record.seats.some(({ seat, name }) => w === seat || w === name));
  if (strangers.length > 0)
    throw new LabError(EXIT.badInput, `class ${record.name} has no seat ${strangers.join(', ')}`, {
      fix: `its seats: ${record.seats.map(({ seat }) => seat).join(', ')}`,
    });
  return wanted.length === 0
    ? record.seats
    : record.seats.filter(({ seat, name }) => wanted.includes(seat) || wanted.includes(name));
}
