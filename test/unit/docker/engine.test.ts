import { afterEach, expect, it } from 'vitest';
import { connectEngine, engineName } from '../../../src/docker/engine.ts';
import { failingEngine } from './failing-engine.ts';

let end = () => undefined as unknown;
afterEach(() => {
  end();
});

/** The name of an engine that is made of these parts, beginning with the product. */
async function nameOf(about: { Components?: { Name: string }[] }): Promise<string> {
  const engine = await failingEngine((_, response) => {
    const same = { Version: '5.4.2', ApiVersion: '1.41', KernelVersion: '6.12', Os: 'linux', Arch: 'amd64' };
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ ...same, ...about }));
  });
  ({ end } = engine);
  const found = await connectEngine({ url: engine.url, reason: 'the test', certificates: undefined });
  return engineName(found).replace(engine.url, 'URL');
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
