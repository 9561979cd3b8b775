import { chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ENDPOINT } from '../../../src/docker/endpoint.ts';
import { knownSockets, offerOf, startOrName } from '../../../src/docker/known-sockets.ts';

const servers: Server[] = [];
let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lvslab-known-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(home, { recursive: true });
});

/** Something listens at a path below the home. */
async function listening(path: string): Promise<string> {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(file, resolve));
  return file;
}

/** Those below the home, which this machine's own are not. */
const found = (named = DEFAULT_ENDPOINT) =>
  knownSockets({ url: named }, { XDG_RUNTIME_DIR: join(home, 'run') }, home).filter(({ url }) =>
    url.includes(home),
  );

describe('the sockets of engines that nobody named', () => {
  it.each([
    ['Docker Desktop', '.docker/run/docker.sock'],
    ['Docker Desktop', '.docker/desktop/docker.sock'],
    ['colima', '.colima/default/docker.sock'],
    ['OrbStack', '.orbstack/run/docker.sock'],
    ['Rancher Desktop', '.rd/docker.sock'],
    ['rootless Docker', 'run/docker.sock'],
    ['rootless Podman', 'run/podman/podman.sock'],
  ])('have that of %s at %s among them', async (product, path) => {
    expect(found()).toEqual([]);
    const file = await listening(path);
    expect(found()).toEqual([{ product, url: `unix://${file}` }]);
  });

  it('leave out the one that is used, under whatever name', async () => {
    const file = await listening('.orbstack/run/docker.sock');
    const link = join(home, 'linked.sock');
    symlinkSync(file, link);
    expect(found(`unix://${link}`)).toEqual([]);
    expect(found('tcp://elsewhere:2375')).toHaveLength(1);
  });

  it('have one of two names once', async () => {
    const file = await listening('.docker/run/docker.sock');
    mkdirSync(join(home, '.rd'));
    symlinkSync(file, join(home, '.rd/docker.sock'));
    expect(found().map(({ product }) => product)).toEqual(['Docker Desktop']);
  });

  it('leave out what is no socket', () => {
    mkdirSync(join(home, '.rd'));
    writeFileSync(join(home, '.rd/docker.sock'), '');
    expect(found()).toEqual([]);
  });

  it.runIf(process.geteuid?.() === 0)('leave out what belongs to somebody else', async () => {
    const file = await listening('.rd/docker.sock');
    chownSync(file, 12_345, 12_345);
    expect(found()).toEqual([]);
  });

  it.runIf(process.geteuid?.() === 0)('leave out what somebody else could replace', async () => {
    const file = await listening('.rd/docker.sock');
    expect(found()).toHaveLength(1);
    chownSync(dirname(file), 12_345, 12_345);
    expect(found()).toEqual([]);
    mkdirSync(join(home, '.orbstack/run'), { recursive: true });
    symlinkSync(await listening('elsewhere/docker.sock'), join(home, '.orbstack/run/docker.sock'));
    expect(found()).toHaveLength(1);
    lchownSync(join(home, '.orbstack/run/docker.sock'), 12_345, 12_345);
    expect(found()).toEqual([]);
  });

  it('are offered with what names them', () => {
    expect(offerOf([])).toBeUndefined();
    expect(
      offerOf([
        { product: 'colima', url: 'unix:///a' },
        { product: 'Podman', url: 'unix:///b' },
      ]),
    ).toBe('colima: DOCKER_HOST=unix:///a, Podman: DOCKER_HOST=unix:///b');
  });

  it('are in the fix where no engine is', () => {
    expect(startOrName()).toBe('start one, or name another with DOCKER_HOST');
    expect(startOrName([{ product: 'colima', url: 'unix:///a' }])).toBe(
      'start one, or name another with DOCKER_HOST (found: colima: DOCKER_HOST=unix:///a)',
    );
  });
});
