import type { Finished } from '../../../src/machine/machine.ts';
import type { Job, Runtime } from '../../../src/runtime/runtime.ts';

/** A runtime without nodes: it notes what it is asked to run, and answers as told. */
export function pretend(answer: (job: Job) => { code?: number; stdout?: string; stderr?: string }): {
  runtime: Runtime;
  /** `NODE: COMMAND` of every job, in order. */
  jobs: string[];
} {
  const jobs: string[] = [];
  const never = () => {
    throw new Error('not a part of this test');
  };
  const runtime: Runtime = {
    kind: 'netns',
    create: never,
    destroy: never,
    states: never,
    revive: never,
    start: never,
    exec: (asked) =>
      Promise.resolve(
        asked.map((job): Finished => {
          jobs.push(`${job.node}: ${job.argv.join(' ')}`);
          const { code = 0, stdout = '', stderr = '' } = answer(job);
          return { code, stdout: Buffer.from(stdout), stderr };
        }),
      ),
  };
  return { runtime, jobs };
}
