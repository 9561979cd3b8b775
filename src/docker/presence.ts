import type Docker from 'dockerode';

/** How long a request may go on without a word from the engine before that is asked whether it is there. */
export interface Patience {
  /** Milliseconds from one such question to the next. */
  silence: number;
  /** Milliseconds in which it answers one. */
  answer: number;
}

const PATIENCE: Patience = { silence: 10_000, answer: 15_000 };

/**
 * How many such questions in a row are in vain before an engine is taken for gone. One may be so where this host itself
 * stood still, as a notebook does whose lid is closed.
 */
const IN_VAIN = 2;

/** Where an engine says that it is there. */
const PING = '/_ping';

/**
 * Waits for what an engine has been asked for, for as long as that takes: an engine that is at work answers another
 * question meanwhile. One that is frozen, or behind a network that has gone, does not.
 * @throws Error that tells of the silence, where the engine is taken for gone
 */
export async function whilePresent<T>(docker: Docker, asked: Promise<T>, patience = PATIENCE): Promise<T> {
  let over: () => void = () => undefined;
  try {
    return await Promise.race([
      asked,
      new Promise<never>((_, reject) => {
        over = watch(docker, reject, patience);
      }),
    ]);
  } finally {
    over();
  }
}

/** Has every request of a client end where the engine is taken for gone, be it in the middle of the request. */
export function watchRequests(docker: Docker, patience = PATIENCE): Docker {
  const modem = docker.modem as Modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    if (options.path.startsWith(PING)) {
      dial(options, callback);
      return;
    }
    const given = new AbortController();
    let silent: Error | undefined;
    const over = watch(
      docker,
      (error) => {
        silent = error;
        given.abort(error);
      },
      patience,
    );
    const signals = options.abortSignal === undefined ? [] : [options.abortSignal];
    dial({ ...options, abortSignal: AbortSignal.any([given.signal, ...signals]) }, (error, answer) => {
      over();
      callback(silent ?? error, answer);
    });
  };
  return docker;
}

/** The library's own part that sends requests, which its types do not tell of. */
interface Modem {
  dial: (
    options: { path: string; abortSignal?: AbortSignal },
    callback: (error: Error | null, answer?: unknown) => void,
  ) => void;
}

/**
 * Asks an engine from time to time whether it is there.
 * @param gone called once where it is taken for gone
 * @returns what ends that
 */
function watch(docker: Docker, gone: (error: Error) => void, { silence, answer }: Patience): () => void {
  let over = false;
  let timer: NodeJS.Timeout;
  let inVain = 0;
  const look = async (): Promise<void> => {
    const there = await ping(docker, answer).then(
      () => true,
      () => false,
    );
    if (over) return;
    inVain = there ? 0 : inVain + 1;
    if (inVain < IN_VAIN) begin();
    else gone(new Error(`timed out: no answer to ${IN_VAIN} questions, ${answer / 1000} s each`));
  };
  const begin = () => {
    timer = setTimeout(() => void look(), inVain > 0 ? 0 : silence).unref();
  };
  begin();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

/**
 * Asks an engine whether it is there.
 * @param patience milliseconds in which it is to answer
 */
export async function ping(docker: Docker, patience: number): Promise<void> {
  await inTime(docker.ping.bind(docker) as EngineAsked, patience);
}

/** A request of the library's, whose types lack the signal. */
export type EngineAsked = (options: { abortSignal: AbortSignal }) => Promise<unknown>;

/** @throws Error that says so, where an answer takes longer than these milliseconds */
export async function inTime(ask: EngineAsked, patience: number): Promise<unknown> {
  const abortSignal = AbortSignal.timeout(patience);
  try {
    return await ask({ abortSignal });
  } catch (error) {
    if (abortSignal.aborted) throw new Error(`timed out after ${patience / 1000} s`, { cause: error });
    throw error;
  }
}
