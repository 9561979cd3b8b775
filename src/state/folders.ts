import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { namesIn, isThere } from '../host/files.ts';
import { LOCK_TEXT } from '../host/locks/taken.ts';
import { stateDirectory } from '../host/paths.ts';
import { allows, cannotTrust, distrust, isMine, isOwnFile, readOwnFile } from './own-files.ts';

/** In a state folder that this tool made; holds the first folder that had to be made for it. */
const MADE = '.made-by-lvslab';
/** A folder that is about to become a lab's, or was one: a name that no lab has, and the process that makes or removes it. */
const PASSING = /^\.(?:new|gone)-(\d+)-\w+$/;
/** The lock's name in a folder of ours. */
export const LOCK = 'lock';

/**
 * The folder of all labs; it need not be there.
 * @throws LabError machineCannot where somebody else could have put something there
 */
export function stateFolder(): string {
  const folder = stateDirectory();
  const found = lstatSync(folder, { throwIfNoEntry: false });
  const elsewhere = 'name another folder: LVSLAB_STATE=FOLDER';
  const another = `or ${elsewhere}`;
  const way = foreignOnTheWay(dirname(folder));
  if (way !== undefined)
    throw cannotTrust(
      folder,
      `${way.path} above it ${way.reason}`,
      way.sticky === undefined ? elsewhere : `${way.sticky}, ${another}`,
    );
  if (found === undefined) return folder;
  const reason = distrust(found, 'directory');
  if (reason !== undefined)
    throw cannotTrust(folder, reason, isMine(found) ? `remove ${folder}, ${another}` : elsewhere);
  // Files in it are programs that run, and passwords.
  if (allows(found, 0o077))
    throw cannotTrust(
      folder,
      `other users may look into it (mode ${(found.mode & 0o777).toString(8).padStart(4, '0')})`,
      `chmod 700 ${folder}, ${another}`,
    );
  return folder;
}

/** The user that owns what has no owner in a user namespace. */
const NOBODY = 65_534;

/** A folder or link by which some other user could exchange what lies below. */
interface Exchangeable {
  path: string;
  /** For a message, after the path. */
  reason: string;
  /** The command that would close it, where there is one. */
  sticky?: string;
}

/** Looks for such a place on the way to a folder, from there up; undefined where there is none. */
function foreignOnTheWay(folder: string): Exchangeable | undefined {
  if (process.geteuid === undefined) return undefined;
  const seen = new Set<string>();
  const ways = [folder, ...(existsSync(folder) ? [realpathSync(folder)] : [])];
  for (const way of ways)
    for (let path = way; !seen.has(path); path = dirname(path)) {
      seen.add(path);
      const found = lstatSync(path, { throwIfNoEntry: false });
      const wrong = found === undefined ? undefined : exchangeable(path, found);
      if (wrong !== undefined) return wrong;
    }
  return undefined;
}

function exchangeable(path: string, found: Stats): Exchangeable | undefined {
  const open = found.isDirectory() && (found.mode & 0o002) !== 0 && (found.mode & 0o1000) === 0;
  if (open) return { path, reason: 'may be written to by everybody', sticky: `chmod +t ${path}` };
  // Root may be asked to work below a user's own folder.
  const foreign = process.geteuid?.() !== 0 && !isMine(found) && ![0, NOBODY].includes(found.uid);
  return foreign ? { path, reason: `belongs to user ${found.uid}` } : undefined;
}

/**
 * Makes the folder of all labs where it is not there.
 * @throws LabError machineCannot where it is another user's
 */
export function makeStateFolder(): string {
  const folder = stateFolder();
  if (existsSync(folder)) return folder;
  const parent = mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  try {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, MADE), `${parent ?? folder}\n`, { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // Whoever was quicker may have been somebody else.
  return stateFolder();
}

/** Removes the folder of all labs if this tool made it and nothing is left in it. */
export function removeStateFolder(): void {
  const folder = stateFolder();
  for (const entry of namesIn(folder)) if (isForsaken(entry)) removeTree(join(folder, entry), folder);
  const made = readOwnFile(join(folder, MADE));
  if (made === undefined) return;
  if (readdirSync(folder).length > 1) return;
  rmSync(join(folder, MADE));
  if (!removeEmpty(folder)) {
    // A lab has begun to use it meanwhile.
    writeFileSync(join(folder, MADE), made, { mode: 0o600 });
    return;
  }
  const first = made.trim();
  for (let path = folder; path !== first && path.startsWith(`${first}${sep}`);) {
    path = dirname(path);
    if (!removeEmpty(path)) return;
  }
}

function isForsaken(entry: string): boolean {
  const pid = PASSING.exec(entry)?.[1];
  return pid !== undefined && !isThere(Number(pid));
}

/** Removes a folder with nothing in it. @returns whether it was one */
export function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a folder is one that `makeOwnFolder` made, by this version or an older one.
 * @param record the file that older versions wrote first of all
 */
export function isOwnFolder(folder: string, record: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined || distrust(found, 'directory') !== undefined) return false;
  if (isOwnFile(join(folder, record))) return true;
  return isOwnFile(join(folder, LOCK)) && readOwnFile(join(folder, LOCK)) === LOCK_TEXT;
}

/**
 * A path in a state folder, once it is sure that nothing foreign lies there.
 * @throws LabError machineCannot where the folder is a link or another user's
 */
export function assertOwnPlace(folder: string): string {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  const reason = found === undefined ? undefined : distrust(found, 'directory');
  if (reason !== undefined) throw cannotTrust(folder, reason);
  return folder;
}

/** Makes a folder for this user alone, directly below one that is ours. */
export function makePlainFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  assertOwnPlace(folder);
}

/**
 * Makes a lab's or a class's folder, with the lock in it from the very beginning: a command that is killed leaves either
 * nothing or what can be told to be ours. One that is there already stays as it is.
 * @param parent a folder that is ours
 * @throws LabError badInput where a folder of that name is there that this tool did not make
 */
export function makeOwnFolder(parent: string, name: string, record: string): void {
  const folder = join(parent, name);
  if (isOwnFolder(folder, record)) return;
  const fresh = mkdtempSync(join(parent, `.new-${process.pid}-`));
  try {
    writeFileSync(join(fresh, LOCK), LOCK_TEXT, { mode: 0o600 });
    // Takes the place of an empty folder alone.
    renameSync(fresh, folder);
  } catch (error) {
    removeTree(fresh, parent);
    // Another command was quicker.
    if (isOwnFolder(folder, record)) return;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    throw new LabError(EXIT.badInput, `${folder} is there already, and no lab made it`, {
      fix: 'take another name (--name NAME), or another folder for the labs (LVSLAB_STATE=FOLDER)',
    });
  }
}

/**
 * Empties a lab's or a class's folder but for the lock, which the caller holds and goes on to hold.
 * @throws LabError machineCannot where it is not one that this tool made
 */
export function clearOwnFolder(folder: string, record: string): void {
  if (!existsSync(folder)) return;
  if (!isOwnFolder(folder, record)) throw cannotTrust(folder, 'this tool did not make it');
  // The record last: by it the rest is known to be ours, should this be interrupted.
  const entries = namesIn(folder).filter((entry) => entry !== LOCK);
  for (const entry of entries.sort((a, b) => Number(a === record) - Number(b === record)))
    removeTree(join(folder, entry), folder);
}

/**
 * Removes a lab's or a class's folder with all that is in it; the caller holds its lock.
 * @throws LabError machineCannot where it is not one that this tool made
 */
export function removeOwnFolder(folder: string, record: string): void {
  clearOwnFolder(folder, record);
  if (!existsSync(folder)) return;
  const parent = dirname(folder);
  const gone = join(mkdtempSync(join(parent, `.gone-${process.pid}-`)), basename(folder));
  // Away from its name in one step, the lock in it: a process that is just ending may still write into it, and what is
  // left of a folder without its lock would be nobody's.
  renameSync(folder, gone);
  removeTree(dirname(gone), parent);
}

/** How often a tree is removed anew in which something was made meanwhile. */
const TRIES = 100;

/** Removes something directly below a folder, and all that is in it; what links lead to stays. */
function removeTree(path: string, parent: string): void {
  if (dirname(path) !== parent) throw new Error(`${path} is not directly below ${parent}`);
  for (let tries = 1; ; tries += 1)
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || tries >= TRIES) throw error;
    }
}
