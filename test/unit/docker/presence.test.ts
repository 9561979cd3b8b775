import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { engineError } from '../../../src/docker/engine-errors.ts';
import { watchRequests, whilePresent } from '../../../src/docker/presence.ts';
import { failingEngine } from './failing-engine.ts';

const PATIENCE = { silence: 30, answer: 200 };
/** For engines that answer: a machine may be busy. */
const LONGER = { silence: 30, answer: 1000 };
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** An engine that answers what this says; `pings` counts the questions whether it is there. */
async function engine(answer: RequestListener, there: (count: number) => boolean) {
  let pings = 0;
  const { docker, end } = await failingEngine((request, response) => {
    if (request.url?.endsWith('/_ping') !== true) answer(request, response);
    else if (there((pings += 1))) response.end('OK');
  });
  ends.push(end);
  return { docker, pings: () => pings };
}

const never = () => undefined;

describe('a request to an engine', () => {
  it('ends where the engine is frozen, and says so', async () => {
    const { docker } = await engine(never, () => false);
    const said = await watchRequests(docker, PATIENCE)
      .listContainers()
      .then(String, (error: unknown) => error);
    expect(engineError('lab nat', said).message).toBe(
      'lab nat: the Docker engine stopped answering (timed out: no answer to 2 questions, 0.2 s each)',
    );
  });

  it('goes on for as long as the engine is there', async () => {
    const { docker, pings } = await engine(
      (_, response) =>
        void sleep(2500).then(() => response.setHeader('Content-Type', 'application/json').end('[]')),
      // One is lost now and then.
      (count) => count % 2 === 0,
    );
    expect(await watchRequests(docker, LONGER).listContainers()).toEqual([]);
    expect(pings()).toBeGreaterThan(2);
  });

  it('is not asked about any more once it has been answered', async () => {
    const { docker, pings } = await engine(
      (_, response) => response.setHeader('Content-Type', 'application/json').end('[]'),
      () => true,
    );
    expect(await watchRequests(docker, LONGER).listContainers()).toEqual([]);
    await sleep(150);
    expect(pings()).toBe(0);
  });

  it('can still be given up by whoever asks', async () => {
    const { docker } = await engine(never, () => true);
    const asked = watchRequests(docker, LONGER).listContainers({ abortSignal: AbortSignal.timeout(100) });
    await expect(asked).rejects.toThrow('aborted');
  });
});

describe('what an engine is asked for by other means', () => {
  it('ends where the engine is frozen', async () => {
    const { docker } = await engine(never, () => false);
    await expect(whilePresent(docker, new Promise(never), PATIENCE)).rejects.toThrow(
      'no answer to 2 questions',
    );
  });

  it('goes on for as long as the engine is there, and then no longer', async () => {
    const { docker, pings } = await engine(never, () => true);
    expect(await whilePresent(docker, sleep(600, 'done'), LONGER)).toBe('done');
    // One may be on its way.
    await sleep(150);
    const asked = pings();
    expect(asked).toBeGreaterThan(2);
    await sleep(150);
    expect(pings()).toBe(asked);
  });
});
