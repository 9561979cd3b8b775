import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DEFAULT_ENDPOINT, findEndpoint, mayListen, socketPath } from '../../../src/docker/endpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-endpoint-'));
const meta = join(folder, 'contexts', 'meta', createHash('sha256').update('far').digest('hex'));
mkdirSync(meta, { recursive: true });
writeFileSync(
  join(meta, 'meta.json'),
  JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: 'ssh://me@far' } } }),
);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('is the local socket where nobody says otherwise', () => {
  expect(findEndpoint({ DOCKER_CONFIG: join(folder, 'none') })).toEqual({
    url: DEFAULT_ENDPOINT,
    reason: 'the local socket',
    certificates: undefined,
  });
});

it('is what DOCKER_HOST says, before any context', () => {
  const env = { DOCKER_CONFIG: folder, DOCKER_HOST: 'tcp://h:2376', DOCKER_CONTEXT: 'far' };
  expect(findEndpoint(env)).toMatchObject({ url: 'tcp://h:2376', certificates: undefined });
  expect(findEndpoint({ ...env, DOCKER_TLS_VERIFY: '1' }).certificates).toBe(folder);
  expect(findEndpoint({ ...env, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/c' }).certificates).toBe('/c');
});

it('is what the context of Docker’s own client says', () => {
  expect(findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'far' })).toMatchObject({
    url: 'ssh://me@far',
    reason: 'Docker context far',
  });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: 'far' }));
  expect(findEndpoint({ DOCKER_CONFIG: folder }).url).toBe('ssh://me@far');
  expect(findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'default' }).url).toBe(DEFAULT_ENDPOINT);
  // Another engine than was named would be given a lab that is not for it.
  expect(() => findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'gone' })).toThrow(
    'there is no Docker context gone (DOCKER_CONTEXT)',
  );
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: 'gone' }));
  expect(() => findEndpoint({ DOCKER_CONFIG: folder })).toThrow(
    `there is no Docker context gone (${join(folder, 'config.json')})`,
  );
  writeFileSync(join(folder, 'config.json'), 'not JSON');
  expect(findEndpoint({ DOCKER_CONFIG: folder }).url).toBe(DEFAULT_ENDPOINT);
});

it('is known to be absent only where a socket is not there', () => {
  const at = (url: string) => mayListen({ url, reason: '', certificates: undefined });
  expect(at(`unix://${folder}/docker.sock`)).toBe(false);
  writeFileSync(join(folder, 'docker.sock'), '');
  expect(at(`unix://${folder}/docker.sock`)).toBe(true);
  expect(at('tcp://nowhere:1')).toBe(true);
});

it('has the path of a socket or named pipe as it is written', () => {
  // A URL's rules would escape the blank and the umlaut, and take the dot out of the pipe.
  for (const path of [
    '/Users/j\u00f6rg m/.docker/run/docker.sock',
    '/a%20b/docker.sock',
    '/var/run/docker.sock',
  ])
    expect(socketPath({ url: `unix://${path}` })).toBe(path);
  expect(socketPath({ url: 'npipe:////./pipe/docker_engine' })).toBe('//./pipe/docker_engine');
  expect(socketPath({ url: 'tcp://h:2375' })).toBeUndefined();
});
