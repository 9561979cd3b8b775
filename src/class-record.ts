import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from './class/needs.ts';
import type { Seat } from './class/roster.ts';
import { EXIT, LabError } from './errors.ts';
import { stateDirectory } from './paths.ts';
import { writeWholeFile } from './whole-file.ts';

/** What is written down about a class before the first of its labs is begun. */
export interface ClassRecord {
  version: 1;
  name: string;
  /** As the trainer named it. */
  topology: string;
  /** ISO 8601. */
  created: string;
  seats: Seat[];
  /** What one of its seats took. */
  measured?: Measured;
}

/** No lab's name begins with a dot. */
const classesDirectory = () => join(stateDirectory(), '.classes');

/** Where a class's record is. */
export function classDirectory(name: string): string {
  return join(classesDirectory(), name);
}

/** The lock that whoever adds seats to a class or takes them away holds. */
export function classLock(name: string): string {
  return join(classDirectory(name), 'lock');
}

/** The lab of a seat. */
export function seatLab(record: Pick<ClassRecord, 'name'>, { seat }: Pick<Seat, 'seat'>): string {
  return `${record.name}-${seat}`;
}

export function classNames(): string[] {
  return existsSync(classesDirectory()) ? readdirSync(classesDirectory()).sort() : [];
}

/** The record of a class; undefined where there is none. */
export function readClass(name: string): ClassRecord | undefined {
  const file = join(classDirectory(name), 'class.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ClassRecord) : undefined;
}

/** Writes the record whole or not at all. */
export function writeClass(record: ClassRecord): void {
  mkdirSync(classDirectory(record.name), { recursive: true, mode: 0o700 });
  const file = join(classDirectory(record.name), 'class.json');
  writeWholeFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** Removes a class's record, and the folders above where it was the last in them. Its labs are gone by then. */
export function removeClass(name: string): void {
  rmSync(classDirectory(name), { recursive: true, force: true });
  for (const directory of [classesDirectory(), stateDirectory()])
    try {
      rmdirSync(directory);
    } catch {
      // Something else is in it.
    }
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
        mend: 'say which: --class NAME',
      })
    : new LabError(
        EXIT.badInput,
        chosen === undefined ? 'no class is up' : `no class ${chosen} is up${there}`,
        {
          mend: 'begin one: lab class up nat --students 20',
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
      mend: `its seats: ${record.seats.map(({ seat }) => seat).join(', ')}`,
    });
  return wanted.length === 0
    ? record.seats
    : record.seats.filter(({ seat, name }) => wanted.includes(seat) || wanted.includes(name));
}
