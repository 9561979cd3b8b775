import { constants } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLockFile, type Taken } from './taken.ts';

/** O_EXLOCK of open(2) on macOS and the BSDs: an open file is locked as by flock(2). Node.js has no name for it. */
const O_EXLOCK = 0x20;

/** Milliseconds from try to try: to wait for the lock within open(2) would stop all of this process. */
const AGAIN = 100;

/** Takes a lock on macOS and the BSDs, where opening a file can lock it; it is free again once the file is closed. */
export async function takeByOpening(file: string, onWait: (() => void) | undefined): Promise<Taken> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  for (;;) {
    const opened = openLockFile(file, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_EXLOCK);
    if (opened === 'gone') return opened;
    if (opened === 'locked') {
      if (onWait === undefined) return 'refused';
      onWait();
      await sleep(AGAIN);
      continue;
    }
    if (opened.isCurrent()) {
      opened.mark();
      return {
        release: () => {
          opened.close();
          return Promise.resolve();
        },
      };
    }
    opened.close();
  }
}
