import { execa } from 'execa';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BIN, processesOf } from './cli.ts';

// "nobody": an ordinary user without privilege, home or subordinate ids.
const UID = 65534;
const home = mkdtempSync(join(tmpdir(), 'lvslab-user-'));
const state = join(home, 'state');
const tool = join(home, 'tool');
const env = { HOME: home, LVSLAB_STATE: state, XDG_CACHE_HOME: join(home, 'cache'), NO_COLOR: '1' };
const asUser = (argv: string[]) =>
  execa(
    'setpriv',
    [
      `--reuid=${UID}`,
      `--regid=${UID}`,
      '--clear-groups',
      process.execPath,
      join(tool, 'dist/bin.js'),
      ...argv,
    ],
    {
      env,
      cwd: '/',
      reject: false,
    },
  );

beforeAll(async () => {
  // The clone and the root's cache may lie where only root can look.
  const from = dirname(dirname(BIN));
  for (const part of ['dist', 'images', 'topologies', 'package.json'])
    cpSync(join(from, part), join(tool, part), { recursive: true });
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lvslab');
  mkdirSync(join(home, 'cache', 'lvslab'), { recursive: true });
  for (const root of readdirSync(cache).filter((name) => name.startsWith('root-'))) {
    const copy = join(home, 'cache', 'lvslab', root);
    if (!existsSync(join(cache, root, 'manifest.json'))) continue;
    cpSync(join(cache, root), copy, { recursive: true });
    // The kernel's interpreter is named by its full path.
    await execa('patchelf', [
      '--set-interpreter',
      join(copy, 'lib/ld-linux-x86-64.so.2'),
      '--set-rpath',
      join(copy, 'lib'),
      join(copy, 'linux'),
    ]);
  }
  await execa('chown', ['-R', `${UID}:${UID}`, join(home, 'cache')]);
  chownSync(home, UID, UID);
  chmodSync(home, 0o755);
});
afterAll(async () => {
  await asUser(['down', '--all']);
  rmSync(home, { recursive: true, force: true });
});

it('an ordinary user brings a lab up, tests it, works in it and takes it down', async () => {
  const up = await asUser(['up', 'nat']);
  expect(up.exitCode, up.stderr).toBe(0);
  expect(up.stdout).toContain('embedded');
  expect(statSync(join(state, 'nat')).mode & 0o077).toBe(0);
  expect(statSync(join(state, 'nat')).uid).toBe(UID);
  const test = await asUser(['test', 'nat']);
  expect(test.exitCode, test.stdout).toBe(0);
  expect((await asUser(['exec', 'rs1', '--', 'id', '-u'])).stdout).toBe('0');
  expect((await asUser(['down', 'nat'])).exitCode).toBe(0);
  expect(processesOf(state)).toEqual([]);
  expect(existsSync(state) ? readdirSync(state) : []).toEqual([]);
});

it('is told what the local machine needs', async () => {
  const up = await asUser(['up', 'nat', '--machine', 'local']);
  expect(up.exitCode).toBe(3);
  expect(up.stderr).toContain('needs root');
  expect(up.stderr).toContain('--machine embedded');
});
