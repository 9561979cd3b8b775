import { randomBytes } from 'node:crypto';
import type { Finished } from '../machine/machine.ts';
import type { Agent } from './agent.ts';
import { parseResults } from './job-results.ts';
import { outdated, ownWorkFailure } from './own-work.ts';
import type { HeldJob, Lease } from './runtime.ts';

/** Has an agent hold commands: they end when they are released, and with the conversation. */
export async function holdBy(agent: Agent, jobs: HeldJob[]): Promise<Lease<Finished[]>> {
  if (jobs.length === 0) return { end: () => Promise.resolve([]) };
  const id = randomBytes(6).toString('hex');
  const orders = jobs.flatMap(({ node, argv, input = '', ready = '', most = 0, files = [] }) => [
    ['job', node, input, ...argv],
    ['lease', ready, String(most), ...files],
  ]);
  return keeping(
    agent,
    async () => {
      const answer = await agent.request([['hold', id], ...orders]).catch((error: unknown) => {
        throw ownWorkFailure(jobs, error);
      });
      assertKnown(answer);
    },
    async () => parseResults(await agent.request([['release', id]]), jobs.length),
  );
}

/** Has an agent take the turn of its lab. @param onWait called where another has it */
export function turnBy(agent: Agent, onWait: () => void): Promise<Lease<void>> {
  return keeping(
    agent,
    async () => {
      // One of an older version, which knows no turns, says something else.
      if ((await agent.request([['turn']])).toString() !== 'busy') return;
      onWait();
      await agent.request([['turn', 'wait']]);
    },
    async () => {
      await agent.request([['pass']]);
    },
  );
}

/** The agent stays from the beginning of a lease to its end, or until it turns out that there will be none. */
async function keeping<T>(
  agent: Agent,
  begin: () => Promise<void>,
  end: () => Promise<T>,
): Promise<Lease<T>> {
  const letGo = agent.keep();
  try {
    await begin();
  } catch (error) {
    letGo();
    throw error;
  }
  return { end: () => end().finally(letGo) };
}

/** An agent of an older version answers everything that it does not know with the states of its nodes. */
function assertKnown(answer: Buffer): void {
  if (answer.length > 0) throw outdated();
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
