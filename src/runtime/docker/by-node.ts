import type { Finished } from '../../machine/machine.ts';
import type { Job } from '../runtime.ts';

/** Jobs of one node, with their places among all. */
interface Part<T> {
  node: string;
  own: { job: T; index: number }[];
}

/** Jobs by the node that they are for: each has an agent of its own. */
export function byNode<T extends Job>(jobs: T[]): Part<T>[] {
  return [...new Set(jobs.map((job) => job.node))].map((node) => ({
    node,
    own: jobs.flatMap((job, index) => (job.node === node ? [{ job, index }] : [])),
  }));
}

/** What came of each job, in the order in which they were asked for. */
export function resultsInOrder<T>(parts: Part<T>[], results: Finished[][]): Finished[] {
  const all: Finished[] = [];
  parts.forEach(({ own }, part) => {
    own.forEach(({ index }, at) => {
      const result = results[part]?.[at];
      if (result !== undefined) all[index] = result;
    });
  });
  return all;
}
