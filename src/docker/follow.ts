import type Docker from 'dockerode';
import type { Task } from '../terminal/progress.ts';
import { EngineComplaint } from './engine-errors.ts';

/** Milliseconds in which a long request says something, or is given up. */
const SILENCE = 15 * 60_000;

/**
 * Waits for the end of a long request, and shows how far it is.
 * @param silence milliseconds without a word from the engine after which it is given up
 */
export function follow(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  task?: Pick<Task, 'update'>,
  silence = SILENCE,
): Promise<void> {
  interface Event {
    stream?: string;
    status?: string;
    error?: string;
  }
  let silent: NodeJS.Timeout | undefined;
  return new Promise<void>((resolve, reject) => {
    const heard = () => {
      clearTimeout(silent);
      silent = setTimeout(() => {
        (stream as NodeJS.ReadableStream & { destroy?: () => void }).destroy?.();
        reject(new Error(`timed out: not a word for ${Math.round(silence / 1000)} s`));
      }, silence);
    };
    heard();
    stream.on('data', heard);
    // The library waits for the end alone, and an engine that is gone comes to none.
    stream.once('close', () => {
      reject(new Error('socket hang up'));
    });
    const modem = docker.modem as {
      followProgress: (
        s: NodeJS.ReadableStream,
        end: (e: Error | null) => void,
        on: (e: Event) => void,
      ) => void;
    };
    modem.followProgress(
      stream,
      (error) => {
        if (error === null) resolve();
        else reject(error);
      },
      (event) => {
        if (event.error !== undefined) reject(new EngineComplaint(event.error));
        const text = (event.stream ?? event.status ?? '').trim().split('\n').at(-1) ?? '';
        if (text !== '') task?.update(text.slice(0, 60));
      },
    );
  }).finally(() => {
    clearTimeout(silent);
  });
}
