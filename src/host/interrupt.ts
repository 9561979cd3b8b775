import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../errors.ts';

const controller = new AbortController();
// Every program that runs on a node waits for it: as many as a lab has, which is no leak that Node should warn of.
setMaxListeners(0, controller.signal);

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

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type EndSignal = keyof typeof EXIT_CODES;

/** Ended by a signal, with the exit code that a shell would give. */
export class Interrupted extends LabError {
  readonly signal: EndSignal;

  constructor(signal: EndSignal) {
    super(EXIT_CODES[signal], `interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** From now on SIGINT, SIGTERM and SIGHUP let the running command clean up; a second one ends the process at once. */
export function watchSignals(): void {
  for (const signal of Object.keys(EXIT_CODES) as EndSignal[]) {
    process.on(signal, () => {
      const error = new Interrupted(signal);
      if (interruptSignal.aborted) process.exit(error.exitCode);
      controller.abort(error);
    });
  }
}

/** The running command answers these signals itself from now on; they are no interruption. */
export function takeSignals(signals: NodeJS.Signals[], answer: (signal: NodeJS.Signals) => void): void {
  for (const signal of signals) {
    process.removeAllListeners(signal);
    process.on(signal, answer);
  }
}

let leaves: EndSignal[] = [];

/** Ctrl-C, or these signals, are how one leaves the running command: its end by them is no failure. */
export function leaveByInterrupt(...signals: EndSignal[]): void {
  leaves = signals.length === 0 ? ['SIGINT'] : signals;
}

/** Why this process ends before its time; undefined where it does not, or was left as one leaves its command. */
export function interruption(): Interrupted | undefined {
  const reason: unknown = interruptSignal.reason;
  return reason instanceof Interrupted && !leaves.includes(reason.signal) ? reason : undefined;
}

let undone = 0;

/** What must come to its end before an interrupted process may: it takes back what was begun. */
export async function undoing<T>(work: () => Promise<T>): Promise<T> {
  undone += 1;
  try {
    return await work();
  } finally {
    undone -= 1;
  }
}

/** Milliseconds for an interrupted command to notice, and to come to its end. */
const NOTICE = 3_000;
const LOOK = 50;

/** Rejects where a command has been interrupted, does not end, and takes nothing back. */
export const overdue: Promise<never> = new Promise((_, reject) => {
  interruptSignal.addEventListener('abort', () => {
    let idle = 0;
    const timer = setInterval(() => {
      idle = undone > 0 ? 0 : idle + LOOK;
      if (idle < NOTICE) return;
      clearInterval(timer);
      reject(interruptSignal.reason as Error);
    }, LOOK);
  });
});
overdue.catch(() => undefined);

const momentary = new Set<Promise<unknown>>();

/**
 * Makes use of something that is there for a moment alone, and is taken away by whoever made it: an interrupted process
 * ends once it is gone, whoever has stopped waiting for it meanwhile.
 */
export async function forAMoment<T>(work: () => Promise<T>): Promise<T> {
  const going = work();
  momentary.add(going);
  try {
    return await going;
  } finally {
    momentary.delete(going);
  }
}

/** Returns when nothing is there any more that was to be for a moment alone, or does not go. */
export async function momentsOver(): Promise<void> {
  await Promise.race([Promise.allSettled(momentary), sleep(NOTICE)]);
}
