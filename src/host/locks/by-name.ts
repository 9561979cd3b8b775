import { constants } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotLock, openLockFile, type Taken } from './taken.ts';

/**
 * Names that only one process can listen at, that are no files, and that go with the process: named pipes of Windows, and
 * abstract sockets of Linux (unix(7)). The latter are known only within a network namespace, and locks that the program
 * flock holds are not theirs: this is for where that program is not to be had.
 */
const PREFIX = process.platform === 'win32' ? '\\\\.\\pipe\\lvslab-lock-' : '\0lvslab-lock-';

/** Milliseconds until a lock whose holder could not be heard is asked for again. */
const AGAIN = 20;

/** Takes a lock by a name that stands for the file. */
export async function takeByName(file: string, onWait: (() => void) | undefined): Promise<Taken> {
  const { O_RDWR, O_APPEND, O_CREAT } = constants;
  for (;;) {
    const opened = openLockFile(file, O_RDWR | O_APPEND | O_CREAT);
    if (typeof opened === 'string') return 'gone';
    try {
      const name = `${PREFIX}${opened.id}`;
      const release = await listen(name).catch((error: unknown) => {
        throw cannotLock(file, (error as Error).message);
      });
      if (release === undefined) {
        if (onWait === undefined) return 'refused';
        onWait();
        await untilFree(name);
      } else if (opened.isCurrent()) {
        opened.mark();
        return { release };
      } else await release();
    } finally {
      opened.close();
    }
  }
}

/** @returns what gives the name back; undefined where another process has it */
function listen(name: string): Promise<(() => Promise<void>) | undefined> {
  const waiting = new Set<Socket>();
  // What waits for the lock is connected, and hears of its end by that.
  const server: Server = createServer((socket) => {
    waiting.add(socket);
    socket.unref().on('error', () => undefined);
    socket.once('close', () => waiting.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(
        () =>
          new Promise((done) => {
            server.close(() => {
              done();
            });
            for (const socket of waiting) socket.destroy();
          }),
      );
    });
  });
}

/** Waits until whoever listens at a name does so no more. */
async function untilFree(name: string): Promise<void> {
  const socket = connect(name);
  socket.on('error', () => undefined).resume();
  await new Promise((resolve) => socket.once('close', resolve));
  await sleep(AGAIN);
}
