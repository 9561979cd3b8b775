import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';

/**
 * Undefined where the system knows no such numbers, as Windows: there is then nothing to compare, and what Node.js calls a
 * mode is made up and says nothing of other users.
 */
const me = process.geteuid?.();

/** Whether some of these permission bits are set, on a system that has such bits. */
export function allows({ mode }: Stats, bits: number): boolean {
  return me !== undefined && (mode & bits) !== 0;
}

/** Whether this user owns something; on a system without user numbers everything counts as owned. */
export function isMine({ uid }: Stats): boolean {
  return me === undefined || uid === me;
}

/**
 * Why the contents of something could be another user's doing; undefined where they cannot.
 * @param kind what it must be
 */
export function distrust(found: Stats, kind: 'file' | 'directory'): string | undefined {
  if (found.isSymbolicLink()) return 'it is a symbolic link';
  if (kind === 'file' ? !found.isFile() : !found.isDirectory()) return `it is not a ${kind}`;
  if (!isMine(found)) return `it belongs to user ${found.uid}, and you are user ${me ?? '?'}`;
  if (allows(found, 0o022))
    return `other users may write to it (mode ${(found.mode & 0o777).toString(8).padStart(4, '0')})`;
  return undefined;
}

/**
 * The text of a file that this tool wrote; undefined where there is none.
 * @throws LabError machineCannot where it could be somebody else's: nothing of it is read then
 */
export function readOwnFile(file: string): string | undefined {
  let handle: number;
  try {
    // Without O_NONBLOCK a named pipe in its place would be waited for.
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw cannotTrust(file, code === 'ELOOP' ? 'it is a symbolic link' : message);
  }
  try {
    const reason = distrust(fstatSync(handle), 'file');
    if (reason !== undefined) throw cannotTrust(file, reason);
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

/** Whether there is a file that only this user can have written. */
export function isOwnFile(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found !== undefined && distrust(found, 'file') === undefined;
}

/**
 * Refuses a folder of what is kept for next time that some other user, root apart, could have put there or exchanged.
 * @throws LabError machineCannot
 */
export function assertKept(folder: string): void {
  // A link is followed: a cache may lie on another disk.
  const found = statSync(folder);
  const reason = !found.isDirectory()
    ? 'it is not a directory'
    : !isMine(found) && found.uid !== 0
      ? `it belongs to user ${found.uid}, and you are user ${me ?? '?'}`
      : allows(found, 0o002)
        ? 'everybody may write to it'
        : undefined;
  if (reason !== undefined)
    throw cannotTrust(
      folder,
      reason,
      `remove ${folder}, or name another place for what is kept: XDG_CACHE_HOME=FOLDER`,
    );
}

/** A file or folder in a place of ours that is not ours. */
export function cannotTrust(path: string, reason: string, fix = `remove ${path}`): LabError {
  return new LabError(EXIT.machineCannot, `${path} is not used: ${reason}`, { fix });
}

/**
 * Writes a file that only its owner may read, whole or not at all: who reads it meanwhile gets what was there before, and
 * of two writers the later one wins. A link of its name is replaced, not followed.
 * @param mode permission bits, such as 0o700 for a program
 */
export function writeWholeFile(file: string, text: string, mode = 0o600): void {
  const unfinished = join(
    dirname(file),
    `.${basename(file)}.${process.pid}-${randomBytes(6).toString('hex')}`,
  );
  try {
    writeFileSync(unfinished, text, { mode, flag: 'wx' });
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
