import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findEndpoint } from '../../../src/docker/endpoint.ts';
import { cacheDirectory, homeDirectory, stateDirectory } from '../../../src/host/paths.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const ordinaryUser = () => vi.spyOn(process, 'getuid').mockReturnValue(64_001);

describe('the folder of all labs', () => {
  it.each([
    ['', '/tmp/lvslab-64001'],
    ['relative/place', '/tmp/lvslab-64001'],
    ['/run/user/64001', '/run/user/64001/lvslab'],
  ])('is never the current folder: XDG_RUNTIME_DIR=%j', (runtime, expected) => {
    ordinaryUser();
    vi.stubEnv('LVSLAB_STATE', '');
    vi.stubEnv('XDG_RUNTIME_DIR', runtime);
    expect(stateDirectory()).toBe(expected);
  });
});

describe('what is kept for next time', () => {
  it.each(['', 'relative'])('is never kept in the current folder: HOME and XDG_CACHE_HOME=%j', (value) => {
    vi.stubEnv('HOME', value);
    vi.stubEnv('XDG_CACHE_HOME', value);
    expect(homeDirectory()).toBe(userInfo().homedir);
    expect(cacheDirectory()).toBe(join(userInfo().homedir, '.cache', 'lvslab'));
  });
});

describe("Docker's own files", () => {
  it('are never looked for in the current folder', () => {
    vi.stubEnv('HOME', '');
    for (const DOCKER_CONFIG of ['', undefined])
      expect(
        findEndpoint({ DOCKER_CONFIG, DOCKER_HOST: 'tcp://h:1', DOCKER_TLS_VERIFY: '1' }).certificates,
      ).toBe(join(userInfo().homedir, '.docker'));
    expect(homedir()).toBe('');
  });
});
