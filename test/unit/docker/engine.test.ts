import { afterEach, expect, it } from 'vitest';
import { connectEngine, engineName } from '../../../src/docker/engine.ts';
import { failingEngine } from './failing-engine.ts';

let end = () => undefined as unknown;
afterEach(() => {
  end();
});

/** An engine that is made of these parts, and the connections on which it has been asked something, one each time. */
async function engineOf(about: { Components?: { Name: string }[] }) {
  const asked: unknown[] = [];
  const engine = await failingEngine((request, response) => {
    asked.push(request.socket);
    const same = { Version: '5.4.2', ApiVersion: '1.41', KernelVersion: '6.12', Os: 'linux', Arch: 'amd64' };
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ ...same, ...about }));
  });
  ({ end } = engine);
  const found = await connectEngine({ url: engine.url, reason: 'the test', certificates: undefined });
  return { found, asked };
}

/** Its name, beginning with the product. */
async function nameOf(about: { Components?: { Name: string }[] }): Promise<string> {
  const { found } = await engineOf(about);
  return engineName(found).replace(found.url, 'URL');
}

it('an engine is named by its product: Podman says of its parts which it is', async () => {
  expect(await nameOf({})).toBe('Docker 5.4.2 at URL');
  expect(await nameOf({ Components: [{ Name: 'Engine' }, { Name: 'containerd' }] })).toBe(
    'Docker 5.4.2 at URL',
  );
  expect(await nameOf({ Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] })).toBe(
    'Podman 5.4.2 at URL',
  );
});

it('Podman is asked on a new connection each time, since it ends after seconds without a request, and old ones with it', async () => {
  const podman = await engineOf({ Components: [{ Name: 'Podman Engine' }] });
  await podman.found.docker.ping();
  await podman.found.docker.ping();
  expect(new Set(podman.asked).size).toBe(3);
  end();
  const docker = await engineOf({});
  await docker.found.docker.ping();
  await docker.found.docker.ping();
  expect(docker.asked).toHaveLength(3);
  expect(new Set(docker.asked).size).toBe(1);
});
