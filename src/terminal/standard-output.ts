import { fstatSync, statSync, writeSync, type Stats } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal } from '../host/interrupt.ts';

let failure: NodeJS.ErrnoException | undefined;
const controller = new AbortController();

/** Fires when the process is asked to end, or when nobody reads any more what it writes: for what has no end of its own. */
export const untilUnread = AbortSignal.any([interruptSignal, controller.signal]);

/**
 * From now on a failed write to standard output or standard error ends nothing by itself: a command comes to its end, and
 * `outputFailure` says then what was lost.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) writeWholly(stream);
  process.stdout.on('error', noteFailure);
  // There is no place left to say so.
  process.stderr.on('error', () => undefined);
}

/**
 * Waits until everything is written, however slow the reader.
 * @returns what was lost of standard output, once; undefined where nothing was, or the reader had seen enough (EPIPE)
 */
export async function outputFailure(): Promise<LabError | undefined> {
  await drained(process.stdout);
  const cause = failure;
  failure = undefined;
  return cause === undefined || cause.code === 'EPIPE'
    ? undefined
    : new LabError(EXIT.machineCannot, `standard output could not be written: ${cause.message}`, {
        fix: 'what was printed is not complete: free some space, or send it to another place',
        cause,
      });
}

/** Waits until everything is written, or cannot be. */
export function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', (error) => {
      if (error != null && stream === process.stdout) noteFailure(error);
      resolve();
    });
  });
}

/**
 * Whether a child's output has to pass through this process to standard output, for a failed write to be noticed: the
 * ssh client that holds a guest's line takes the descriptor over, and says nothing of what it could not write.
 */
export function mustCarry(): boolean {
  const found = fstatSync(process.stdout.fd);
  if (!found.isFile() && !found.isCharacterDevice()) return false;
  return !process.stdout.isTTY && found.rdev !== nowhere()?.rdev;
}

/** Where output goes that nobody wants; undefined on systems that have no such file. */
function nowhere(): Stats | undefined {
  return statSync('/dev/null', { throwIfNoEntry: false });
}

/** Passes a child's output on to standard output; the child notices when nothing more can be written. */
export async function carryOut(from: NodeJS.ReadableStream): Promise<void> {
  await pipeline(from, process.stdout, { end: false }).catch(noteFailure);
}

function noteFailure(error: NodeJS.ErrnoException): void {
  failure ??= error;
  controller.abort();
}

/**
 * What Node has in the place of a stream where output goes to a file or a device takes no notice of how much was
 * written of a piece: on a disk that is about to be full, the rest would be lost without a word.
 */
function writeWholly(stream: NodeJS.WriteStream & { fd: number }): void {
  // Terminals, pipes and sockets have a handle, and a queue.
  if ('_handle' in stream) return;
  stream._write = (chunk: Uint8Array, _encoding, done) => {
    try {
      for (let at = 0; at < chunk.length;) at += writeSync(stream.fd, chunk, at);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}
