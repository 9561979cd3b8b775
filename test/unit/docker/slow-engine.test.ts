import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/docker/endpoint.ts';
import { assertAnswers, connectEngine } from '../../../src/docker/engine.ts';
import { removeForeignImage } from '../../../src/docker/image.ts';
import { failingEngine } from './failing-engine.ts';

const ABOUT = { Version: '28.5.2', ApiVersion: '1.51', KernelVersion: '6.12', Os: 'linux', Arch: 'arm64' };

const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends) end();
});

async function engine(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Endpoint> {
  const { url, end } = await failingEngine(answer);
  ends.push(end);
  return { url, reason: 'the test', certificates: undefined };
}

/** An engine that says at once what it is, and then what the test has it say. */
async function connected(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const endpoint = await engine((request, response) => {
    if (request.url === '/version') response.end(JSON.stringify(ABOUT));
    else answer(request, response);
  });
  return connectEngine(endpoint);
}

// Both only wait.
describe.concurrent('in the course of time', () => {
  it('an engine on a slow host may take twelve seconds to say what it is, as one that its first request starts', async () => {
    const endpoint = await engine((_, response) => {
      setTimeout(() => response.end(JSON.stringify(ABOUT)), 12_000);
    });
    expect((await connectEngine(endpoint)).version).toBe('28.5.2');
  }, 60_000);

  it('a connection without a request is not kept until what is between has forgotten it', async () => {
    const connections = new Set<unknown>();
    const { docker } = await connected((request, response) => {
      connections.add(request.socket);
      response.end('{}');
    });
    await docker.createNetwork({ Name: 'front' });
    await docker.createNetwork({ Name: 'back' });
    expect(connections.size).toBe(1);
    await sleep(21_000);
    await docker.createNetwork({ Name: 'side' });
    expect(connections.size).toBe(2);
  }, 60_000);
});

describe('an engine on a slow host', () => {
  it('that never says it is said to have taken too long, and how long that was', async () => {
    const endpoint = await engine(() => undefined);
    await expect(connectEngine(endpoint, 0.2)).rejects.toMatchObject({
      message: `the Docker engine at ${endpoint.url} (the test) does not answer: timed out after 0.2 s`,
    });
  });

  it('that stops in the middle is said to have taken too long as well', async () => {
    const { docker } = await connected(() => undefined);
    await expect(assertAnswers(docker, 'lab nat', 0.2)).rejects.toMatchObject({
      message: 'lab nat: the Docker engine stopped answering (timed out after 0.2 s)',
    });
  });
});

it('an engine that freezes once it has said what it is ends what it is asked for', async () => {
  const endpoint = await engine((request, response) => {
    if (request.url === '/version') response.end(JSON.stringify(ABOUT));
  });
  const { docker } = await connectEngine(endpoint, undefined, { silence: 30, answer: 200 });
  await expect(docker.listContainers()).rejects.toThrow('no answer to 2 questions, 0.2 s each');
});

describe('a connection that the other end closes as a request comes', () => {
  /** What an engine was asked for, where it answers but for the requests whose numbers, from 0, are named. */
  async function cutting(cut: number[]) {
    const asked: string[] = [];
    const { docker } = await connected((request, response) => {
      const number = asked.push(`${request.method ?? ''} ${(request.url ?? '').replace(/^\/v[\d.]+/, '')}`);
      if (cut.includes(number - 1)) request.socket.destroy();
      else response.end(JSON.stringify([]));
    });
    return { docker, asked };
  }

  it('is replaced by another where a question is asked', async () => {
    const { docker, asked } = await cutting([1]);
    await docker.listContainers();
    expect(await docker.listContainers({ filters: { label: ['a=b'] } })).toEqual([]);
    expect(asked.slice(1)).toEqual([asked[1], asked[1]]);
    expect(asked[1]).toContain('filters=');
  });

  it('is replaced by another where something is removed', async () => {
    const { docker, asked } = await cutting([0]);
    await docker.getNetwork('front').remove();
    expect(asked).toEqual(['DELETE /networks/front', 'DELETE /networks/front']);
  });

  it('is not where what it asked for may have been done, and would be done twice', async () => {
    const { docker, asked } = await cutting([0]);
    await expect(docker.createNetwork({ Name: 'front' })).rejects.toThrow('socket hang up');
    expect(asked).toEqual(['POST /networks/create?Name=front']);
  });

  it('is replaced by another where an image is removed, which may be gone by then', async () => {
    let removals = 0;
    const engine = await connected((request, response) => {
      if (request.method === 'GET') response.end(JSON.stringify({ Architecture: 'amd64' }));
      else if ((removals += 1) === 1) request.socket.destroy();
      else response.writeHead(404).end(JSON.stringify({ message: 'No such image' }));
    });
    await removeForeignImage(engine);
    expect(removals).toBe(2);
  });

  it('is once: an engine that closes each is gone', async () => {
    const { docker, asked } = await cutting([0, 1, 2, 3]);
    await expect(docker.listContainers()).rejects.toThrow('socket hang up');
    expect(asked).toHaveLength(2);
  });
});
