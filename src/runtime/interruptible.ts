import type { Lease, Running, Runtime } from './runtime.ts';

/** Milliseconds for a command with live streams to be ended as its user would end it. */
const GRACE = 500;

/**
 * A runtime whose commands are of no use any more once the signal fires: what is waited for is rejected with its reason,
 * what is asked for from then on too, and what runs is ended. Making and taking down whole labs go on: whoever began
 * them takes them back.
 * @returns the runtime itself where the signal has fired already: then it is wanted for taking back
 */
export function interruptible(runtime: Runtime, signal: AbortSignal): Runtime {
  if (signal.aborted) return runtime;
  return {
    ...runtime,
    states: () => orInterrupted(() => runtime.states(), signal),
    exec: (jobs) => orInterrupted(() => runtime.exec(jobs), signal),
    hold: async (jobs) => lease(await orInterrupted(() => runtime.hold(jobs), signal), signal),
    turn: async (onWait) => lease(await orInterrupted(() => runtime.turn(onWait), signal), signal),
    start: (node, argv, options) => ending(runtime.start(node, argv, options), signal),
  };
}

function lease<T>({ end }: Lease<T>, signal: AbortSignal): Lease<T> {
  return { end: () => orInterrupted(end, signal) };
}

async function orInterrupted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work(), stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function ending(child: Running, signal: AbortSignal): Running {
  const end = () => setTimeout(() => child.kill('SIGTERM'), GRACE).unref();
  if (signal.aborted) end();
  else signal.addEventListener('abort', end);
  child.once('close', () => {
    signal.removeEventListener('abort', end);
  });
  return child;
}
