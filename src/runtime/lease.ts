import { randomBytes } from 'node:crypto';
import { EXIT, LabError } from '../errors.ts';
import type { Finished } from '../machine/machine.ts';
import type { Agent } from './agent.ts';
import { parseResults } from './job-results.ts';
import type { HeldJob, Lease } from './runtime.ts';

/** Has an agent hold commands: they end when they are released, and with the conversation. */
export async function holdBy(agent: Agent, jobs: HeldJob[]): Promise<Lease<Finished[]>> {
  if (jobs.length === 0) return { end: () => Promise.resolve([]) };
  const id = randomBytes(6).toString('hex');
  const orders = jobs.flatMap(({ node, argv, input = '', ready = '', most = 0, files = [] }) => [
    ['job', node, input, ...argv],
    ['lease', ready, String(most), ...files],
  ]);
  const letGo = agent.keep();
  try {
    assertKnown(await agent.request([['hold', id], ...orders]));
  } catch (error) {
    letGo();
    throw error;
  }
  return {
    async end() {
      try {
        return parseResults(await agent.request([['release', id]]), jobs.length);
      } finally {
        letGo();
      }
    },
  };
}

/** Has an agent take the turn of its lab. @param onWait called where another has it */
export async function turnBy(agent: Agent, onWait: () => void): Promise<Lease<void>> {
  const letGo = agent.keep();
  try {
    // One of an older version, which knows no turns, says something else.
    if ((await agent.request([['turn']])).toString() === 'busy') {
      onWait();
      await agent.request([['turn', 'wait']]);
    }
  } catch (error) {
    letGo();
    throw error;
  }
  return {
    async end() {
      try {
        await agent.request([['pass']]);
      } finally {
        letGo();
      }
    },
  };
}

/** An agent of an older version answers everything that it does not know with the states of its nodes. */
function assertKnown(answer: Buffer): void {
  if (answer.length === 0) return;
  throw new LabError(
    EXIT.labFailed,
    'the lab was made by an older version of this tool, and cannot do this',
    {
      mend: 'make it anew: lab down, then lab up',
    },
  );
}

/** One of several, all begun at once; where one fails, those that came about are ended. */
export async function together<T>(makers: (() => Promise<Lease<T>>)[]): Promise<Lease<T[]>> {
  const made = await Promise.allSettled(makers.map((make) => make()));
  const leases = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const end = () => Promise.all(leases.map((lease) => lease.end()));
  for (const one of made)
    if (one.status === 'rejected') {
      await end().catch(() => undefined);
      throw one.reason;
    }
  return { end };
}
