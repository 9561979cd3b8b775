import type { Finished } from '../../../src/machine/machine.ts';
import type { Job, Runtime } from '../../../src/runtime/runtime.ts';

/**
 * A runtime without nodes: it notes what it is asked to run, and answers as told. What is held notes its end, too:
 * `NODE: interrupt COMMAND`, or `NODE: rm -f FILE…` where it is there for its files.
 */
export function pretend(answer: (job: Job) => { code?: number; stdout?: string; stderr?: string }): {
  runtime: Runtime;
  /** `NODE: COMMAND` of every job, in order. */
  jobs: string[];
} {
  const jobs: string[] = [];
  const never = () => {
    throw new Error('not a part of this test');
  };
  const run = (job: Job): Finished => {
    jobs.push(`${job.node}: ${job.argv.join(' ')}`);
    const { code = 0, stdout = '', stderr = '' } = answer(job);
    return { code, stdout: Buffer.from(stdout), stderr };
  };
  const runtime: Runtime = {
    kind: 'netns',
    create: never,
    destroy: never,
    states: never,
    revive: never,
    start: never,
    turn: never,
    exec: (asked) => Promise.resolve(asked.map(run)),
    hold: (asked) => {
      const results = asked.map(run);
      const failed = results.find(({ code }) => code !== 0);
      if (failed !== undefined) return Promise.reject(new Error(failed.stderr));
      const end = () => {
        for (const { node, argv, files } of asked)
          jobs.push(
            files === undefined
              ? `${node}: interrupt ${argv.join(' ')}`
              : `${node}: rm -f ${files.join(' ')}`,
          );
        return Promise.resolve(results);
      };
      return Promise.resolve({ end });
    },
  };
  return { runtime, jobs };
}
