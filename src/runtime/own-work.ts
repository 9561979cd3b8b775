import { EXIT, LabError } from '../errors.ts';
import type { Finished } from '../machine/machine.ts';
import type { Job } from './runtime.ts';

/** No program's name begins so. */
const isOwn = ({ argv: [word = ''] }: Pick<Job, 'argv'>) => word.startsWith(':');

/** What a lab cannot do whose agent is older than this program. */
export function outdated(cause?: unknown): LabError {
  return new LabError(
    EXIT.labFailed,
    'the lab was made by an older version of this tool, and cannot do this',
    { fix: 'make it anew: lab down, then lab up', cause },
  );
}

/**
 * @returns the results
 * @throws LabError where the agent took a command of its own for a program of the node, as an older one does
 */
export function assertOwnWork(jobs: Job[], results: Finished[]): Finished[] {
  if (jobs.some((job, index) => isOwn(job) && results[index]?.code === 127)) throw outdated();
  return results;
}

/** The error of commands that an agent did not get to hold, told as what it is where the agent is an older one. */
export function ownWorkFailure(jobs: Pick<Job, 'argv'>[], error: unknown): unknown {
  const text = error instanceof Error ? error.message : '';
  const taken = jobs.some(
    (job) => isOwn(job) && text.includes(`${job.argv[0] ?? ''} does not go on (exit code 127)`),
  );
  return taken ? outdated(error) : error;
}
