import { LabError } from './errors.ts';

const controller = new AbortController();

/** Fires once, when the user or the system asks this process to end. */
export const interruptSignal = controller.signal;

/** Rejects when the process is asked to end, with the exit code that a shell would give. */
export const interrupted: Promise<never> = new Promise((_, reject) => {
  interruptSignal.addEventListener('abort', () => {
    reject(interruptSignal.reason as Error);
  });
});
// Nobody may be waiting for it; that is no unhandled rejection.
interrupted.catch(() => undefined);

/** Ended by a signal; `exitCode` is 128 + its number. */
export class Interrupted extends LabError {
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(4, `interrupted by ${signal}`);
    this.exitCode = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal];
  }
}

/** From now on SIGINT, SIGTERM and SIGHUP let the running command clean up; a second one ends the process at once. */
export function watchSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const error = new Interrupted(signal);
      if (interruptSignal.aborted) process.exit(error.exitCode);
      controller.abort(error);
    });
  }
}
