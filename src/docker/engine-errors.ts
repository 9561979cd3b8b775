import { EXIT, LabError } from '../errors.ts';

/**
 * What an engine answered with in the middle of a long request, when it had already said that all is well: as an error
 * that it answers with at once.
 */
export class EngineComplaint extends Error {
  readonly statusCode = 500;
}

/** Whether an engine is not there (any more), or does not answer: asking it for something else is of no use. */
export function isEngineGone(error: unknown): boolean {
  const { statusCode, code, syscall, message } = error as NodeJS.ErrnoException & { statusCode?: number };
  if (statusCode !== undefined) return false;
  return (
    syscall === 'connect' ||
    /^(ECONN|EPIPE|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTFOUND|EAI_)/.test(code ?? '') ||
    /socket hang up|aborted|timed? ?out/i.test(message)
  );
}

/** An engine's own words for what it refused. */
export function engineWords(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message: string };
  // Where the answer was to be a stream, the library does not look into it, and writes the code before it.
  return json?.message ?? message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

/** What engines say, and what to do about it. */
const COMPLAINTS: [RegExp, string][] = [
  [
    /no space left on device/i,
    'free some GB on the disk of the engine: docker system prune removes what nothing uses',
  ],
  [
    /exec format error/i,
    'the image of a node is for another processor than its name and labels say: remove it (docker image rm), then lab image build',
  ],
];

/** What an engine refused, with its own words; what it is about, first. */
export function engineError(what: string, error: unknown): LabError {
  if (error instanceof LabError) return error;
  const gone = isEngineGone(error);
  const words = engineWords(error);
  const known = COMPLAINTS.find(([pattern]) => pattern.test(words))?.[1];
  const fix = gone
    ? { fix: 'once it runs again: lab down takes down what is left' }
    : known === undefined
      ? {}
      : { fix: known };
  return new LabError(
    EXIT.labFailed,
    `${what}: ${gone ? `the Docker engine stopped answering (${words})` : words}`,
    { ...fix, cause: error },
  );
}
