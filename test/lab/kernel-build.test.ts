import { execa } from 'execa';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hold } from '../../src/host/lock.ts';
import { findMadeKernel } from '../../src/machine/embedded/kernel.ts';
import {
  BUILD_PROGRAMS,
  UNPRIVILEGED_BUILD_PROGRAMS,
  ensurePrograms,
} from '../../src/machine/embedded/packages.ts';
import { packageRoot } from '../../src/host/paths.ts';
import { createProgress } from '../../src/terminal/progress.ts';
import { leftOf, marked } from './cli.ts';

const UID = 54_321;
const home = mkdtempSync(join(tmpdir(), 'lvslab-kernel-'));
const cache = join(home, 'cache', 'lvslab');
const tool = join(home, 'tool');

/** As an ordinary user who has subordinate ids, of which only this process and its children know. */
const AS_USER = `
mount --bind "$1" /etc
shift
exec setpriv --reuid=${UID} --regid=${UID} --clear-groups "$@"
`;

beforeAll(async () => {
  const programs = [...BUILD_PROGRAMS, ...UNPRIVILEGED_BUILD_PROGRAMS];
  await ensurePrograms(programs, createProgress(process.stderr, { quiet: true }));
  const etc = join(home, 'etc');
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  for (const [file, line] of Object.entries({
    ...{ passwd: `builder:x:${UID}:${UID}::${home}:/bin/sh`, group: `builder:x:${UID}:` },
    ...{ subuid: 'builder:7000000:65536', subgid: 'builder:7000000:65536' },
  }))
    appendFileSync(join(etc, file), `${line}\n`);
  for (const part of ['package.json', 'dist', 'images', 'schema', 'topologies'])
    cpSync(join(packageRoot, part), join(tool, part), { recursive: true });
  for (const folder of ['cache', 'state', 'tmp'].map((name) => join(home, name))) {
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, UID, UID);
  }
  chownSync(home, UID, UID);
  // A build for an ordinary user runs under that user's subordinate ids, too.
  for (const folder of [home, join(home, 'tmp')]) chmodSync(folder, 0o755);
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

/** The tool as that user has it, with the kernel's configuration as it is in the copy now. */
function lab(...argv: string[]) {
  const rights = [
    'unshare',
    '--mount',
    '--propagation=private',
    '/bin/sh',
    '-ec',
    AS_USER,
    'sh',
    join(home, 'etc'),
  ];
  const [program, ...rest] = marked(home, [...rights, process.execPath, join(tool, 'dist/bin.cjs'), ...argv]);
  return execa(program, rest, {
    env: {
      ...{ PATH: process.env['PATH'], HOME: home, XDG_CACHE_HOME: join(home, 'cache') },
      ...{ TMPDIR: join(home, 'tmp') },
      ...{ LVSLAB_STATE: join(home, 'state'), NO_COLOR: '1' },
    },
    ...{ extendEnv: false, cwd: '/', reject: false },
  });
}

const kept = () => readdirSync(cache).filter((name) => name !== 'build.lock');

/** The root in which a compiler is at work, where there is one. */
const compiling = () =>
  readdirSync(join(home, 'tmp'))
    .flatMap((name) => readdirSync(join(home, 'tmp', name)).map((root) => join(home, 'tmp', name, root)))
    .find((root) => existsSync(join(root, 'build/init/main.o')));

describe('the build of a kernel, by an ordinary user', () => {
  it('leaves nothing that counts where it is killed as it compiles, and the next one takes over', async () => {
    const first = lab('kernel', 'build');
    await vi.waitFor(
      () => {
        expect(compiling()).toBeDefined();
      },
      { timeout: 400_000, interval: 100 },
    );
    const next = lab('kernel', 'build');
    const [folder = ''] = kept();
    expect(folder).toMatch(/^building-kernel-[0-9a-f]{12}$/);
    const worker = () => readFileSync(join(cache, folder, 'worker'), 'utf8');
    const killed = worker();
    first.kill('SIGKILL');
    await first;
    expect((await lab('kernel', 'list')).stdout).not.toContain('-lvslab');
    // What the first one has left at work ends before the next one begins, in a folder of its own.
    await vi.waitFor(
      () => {
        expect(worker()).not.toBe(killed);
      },
      {
        ...{ timeout: 60_000, interval: 100 },
      },
    );
    next.kill('SIGINT');
    expect((await next).exitCode).toBe(130);
    expect(kept()).toEqual([]);
    expect(readdirSync(join(home, 'tmp'))).toEqual([]);
    expect(await leftOf(home)).toEqual({ processes: [], mounts: [] });
  }, 600_000);

  it('fails by name of what the configuration asks for in vain', async () => {
    appendFileSync(join(tool, 'images', 'kernel.config'), 'CONFIG_NO_SUCH_THING=y\n');
    const ran = await lab('kernel', 'build');
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toMatch(/asks for what this source's kernel does not get: CONFIG_NO_SUCH_THING=y$/m);
    expect(kept()).toEqual([]);
  }, 600_000);

  it('is another one’s where that was at work first', async () => {
    const made = await findMadeKernel();
    if (made === undefined) throw new Error('the set-up has made no kernel');
    const own = join(home, 'of-root', 'lvslab');
    mkdirSync(own, { recursive: true, mode: 0o700 });
    const first = await hold(join(own, 'build.lock'));
    const [program, ...argv] = marked(home, [
      'node',
      join(packageRoot, 'dist/bin.cjs'),
      'kernel',
      'build',
      '--json',
    ]);
    const second = execa(program, argv, { env: { XDG_CACHE_HOME: join(home, 'of-root') }, reject: false });
    // Long enough that it has found none, and waits.
    await sleep(3000);
    expect(second.exitCode).toBeNull();
    cpSync(made.directory, join(own, basename(made.directory)), { recursive: true });
    await first.release();
    const { exitCode, stdout, stderr } = await second;
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ already: true, release: made.release });
  });

  it('is listed with what it made, which is removed by its name', async () => {
    const made = await findMadeKernel();
    if (made === undefined) throw new Error('the set-up has made no kernel');
    const name = basename(made.directory);
    cpSync(made.directory, join(cache, name), { recursive: true });
    await execa('chown', ['-R', `${UID}:${UID}`, join(cache, name)]);
    expect((await lab('kernel', 'list')).stdout).toContain(name);
    const unknown = await lab('kernel', 'remove', 'kernel-none');
    expect([unknown.exitCode, kept()]).toEqual([2, [name]]);
    expect(unknown.stderr).toContain('lab kernel list has their names');
    expect((await lab('kernel', 'remove', name)).stdout).toContain(name);
    expect(kept()).toEqual([]);
    expect((await lab('kernel', 'list')).stdout).not.toContain(name);
  });
});
