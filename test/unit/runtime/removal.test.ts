import { afterEach, expect, it } from 'vitest';
import { removeLab } from '../../../src/runtime/docker/removal.ts';
import { failingEngine } from '../docker/failing-engine.ts';

let end = () => undefined as unknown;
afterEach(() => {
  end();
});

/** As Podman says it, where netavark has no name server. */
const COMPLAINT =
  'cleaning up container aa: removing container aa network: netavark (exit code 1): remove aardvark entries: IO error';

/**
 * An engine with a lab of two containers and a network, which fails at the removal of the first container.
 * @param goes whether that one is gone all the same
 */
async function engineThatFails(goes: boolean) {
  const there = { containers: new Set(['aa', 'bb']), networks: new Set(['cc']) };
  const engine = await failingEngine((request, response) => {
    const [kind = '', id = ''] = new URL(request.url ?? '', 'http://engine').pathname.split('/').slice(1);
    const objects = kind === 'networks' ? there.networks : there.containers;
    const answer = (code: number, body: unknown) =>
      response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (request.method !== 'DELETE') {
      answer(200, id === 'json' || id === '' ? [...objects].map((Id) => ({ Id })) : { Containers: {} });
      return;
    }
    if (id !== 'aa' || goes) objects.delete(id);
    if (id === 'aa') answer(500, { message: COMPLAINT });
    else response.writeHead(204).end();
  });
  ({ end } = engine);
  return { api: engine.docker, there };
}

it('a container that is gone although the engine has failed at it is gone, and so is all else of the lab', async () => {
  const { api, there } = await engineThatFails(true);
  await removeLab(api, 'nat');
  expect(there).toEqual({ containers: new Set(), networks: new Set() });
});

it('one that stays is told of in the words of the engine, once all else of the lab is gone', async () => {
  const { api, there } = await engineThatFails(false);
  await expect(removeLab(api, 'nat')).rejects.toMatchObject({ message: `clean-up: ${COMPLAINT}` });
  expect(there).toEqual({ containers: new Set(['aa']), networks: new Set() });
});
