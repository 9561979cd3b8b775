import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { EXIT, LabError } from '../../errors.ts';

/** What a lock file says, so that a folder with nothing else in it yet can be told to be ours. */
export const LOCK_TEXT = 'lvslab';

/** A lock that is held. */
export interface Lock {
  /** Returns when the lock file is no longer open, and free for others. */
  release: () => Promise<void>;
}

/**
 * What came of asking for a lock. `refused`: somebody else holds it, and it was not to be waited for; `gone`: the folder
 * of the file was removed, as where its lab was taken down while this waited.
 */
export type Taken = Lock | 'refused' | 'gone';

/** A lock file that cannot be made, or not be locked. */
export function cannotLock(file: string, reason: string): LabError {
  return new LabError(EXIT.machineCannot, `cannot lock ${file}: ${reason}`, {
    fix: 'name a folder that you may write to: LVSLAB_STATE for labs, XDG_CACHE_HOME for what is kept for next time',
  });
}

/** An open lock file. */
export interface LockFile {
  /** Device and inode: which file it is, whatever others have had its name. */
  id: string;
  /** Whether it still has its name: whoever held the lock before may have removed it. */
  isCurrent: () => boolean;
  /** Writes into a new one whose it is. */
  mark: () => void;
  close: () => void;
}

/**
 * Opens a lock file, and makes it where it is not there.
 * @param flags of open(2)
 * @returns `gone` where its folder is not there, `locked` where the flags ask for a lock and somebody else has it
 * @throws LabError machineCannot where it cannot be made
 */
export function openLockFile(file: string, flags: number): LockFile | 'gone' | 'locked' {
  let handle: number;
  try {
    handle = openSync(file, flags, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'gone';
    if (code === 'EAGAIN') return 'locked';
    throw cannotLock(file, message);
  }
  const { dev, ino } = fstatSync(handle, { bigint: true });
  return {
    id: `${dev}-${ino}`,
    isCurrent: () => {
      const named = statSync(file, { bigint: true, throwIfNoEntry: false });
      return named?.dev === dev && named.ino === ino;
    },
    mark: () => {
      if (fstatSync(handle).size === 0) writeSync(handle, LOCK_TEXT);
    },
    close: () => {
      closeSync(handle);
    },
  };
}
