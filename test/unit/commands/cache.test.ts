import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nodeImage } from '../../../src/docker/image.ts';
import { hold } from '../../../src/host/lock.ts';
import { buildLock } from '../../../src/machine/embedded/builds.ts';
import { kept, removeKept } from '../../../src/machine/embedded/cache.ts';
import { rootKey } from '../../../src/machine/embedded/root.ts';

const IMAGE = nodeImage('amd64');
let folder: string;
let cache: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
  cache = join(folder, 'lvslab');
  for (const name of [`root-${rootKey('netns')}`, 'root-0123456789ab', 'root-mine', 'building-x', 'photos'])
    mkdirSync(join(cache, name), { recursive: true });
  writeFileSync(join(cache, 'root-0123456789ab', 'root.img'), Buffer.alloc(300_000, 1));
  writeFileSync(join(cache, 'engine-0123456789ab-old.img'), 'x');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('lists what it made itself, with its size, and which of it still serves', () => {
  expect(kept(IMAGE).map(({ name, what, used }) => [name, what, used])).toEqual([
    ['root-0123456789ab', 'of another version', false],
    expect.anything(),
    expect.anything(),
  ]);
  expect(kept(IMAGE)[0]?.bytes).toBeGreaterThanOrEqual(300_000);
  expect(kept(IMAGE).filter(({ used }) => used)).toMatchObject([{ what: 'root filesystem' }]);
});

it('is nothing where there is no cache', () => {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'none'));
  expect(kept(IMAGE)).toEqual([]);
});

it('removes what it is told to, and never what is not its own', async () => {
  await removeKept(kept(IMAGE).filter(({ used }) => !used));
  expect(readdirSync(cache).sort()).toEqual([
    'build.lock',
    'building-x',
    'photos',
    `root-${rootKey('netns')}`,
    'root-mine',
  ]);
  await removeKept(kept(IMAGE));
  expect(existsSync(join(cache, 'root-mine'))).toBe(true);
  expect(kept(IMAGE)).toEqual([]);
});

it('leaves all as it is while something is being built', async () => {
  const lock = await hold(buildLock());
  await expect(removeKept(kept(IMAGE))).rejects.toThrow('being built');
  await lock.release();
  expect(kept(IMAGE)).toHaveLength(3);
});
