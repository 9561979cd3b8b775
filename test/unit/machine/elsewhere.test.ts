import type os from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeBundle } from '../../../src/commands/bundle.ts';
import { executionFor } from '../../../src/machine/embedded/emulation.ts';
import { ensureRoot } from '../../../src/machine/embedded/root.ts';
import { EMBEDDED_ELSEWHERE } from '../../../src/host/processor.ts';
import { createProgress } from '../../../src/terminal/progress.ts';
import { stream } from '../report/stream.ts';

const host = vi.hoisted(() => ({ platform: 'linux', arch: 'x64' }));
vi.mock('node:os', async (original) => ({
  ...(await original<typeof os>()),
  platform: () => host.platform,
  arch: () => host.arch,
}));

const quiet = () => createProgress(stream().stream, { quiet: true });

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', '/nowhere');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each([
  ['linux', 'arm64'],
  ['darwin', 'arm64'],
  ['darwin', 'x64'],
  ['win32', 'x64'],
])('on a host of kind %s %s', (platform, arch) => {
  beforeEach(() => {
    Object.assign(host, { platform, arch });
  });

  it('there is no root with a kernel and no bundle, before anything is installed or fetched', async () => {
    for (const work of [ensureRoot(quiet()), makeBundle('image', '-', quiet())])
      await expect(work).rejects.toMatchObject({ message: EMBEDDED_ELSEWHERE, exitCode: 3 });
  });
});

it.each(['darwin', 'win32'])(
  'packages are not set up on %s, be they of its own processor',
  async (platform) => {
    Object.assign(host, { platform, arch: 'arm64' });
    await expect(executionFor('arm64', 'another way', quiet())).rejects.toMatchObject({
      message: 'packages of arm64 cannot be set up on this host: it is not Linux',
      fix: 'another way',
      exitCode: 3,
    });
  },
);

it('packages of the own processor are set up as ever', async () => {
  Object.assign(host, { platform: 'linux', arch: 'arm64' });
  expect(await executionFor('arm64', '', quiet())).toEqual({ options: [], namespace: false });
});
