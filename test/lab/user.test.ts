import { execa } from 'execa';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findRoot } from '../../src/machine/embedded/root.ts';
import { BIN, leftOf, marked } from './cli.ts';

// "nobody": an ordinary user without privilege, home or subordinate ids.
const UID = 65534;
const home = mkdtempSync(join(tmpdir(), 'lvslab-user-'));
const state = join(home, 'state');
const tool = join(home, 'tool');
const env = { HOME: home, LVSLAB_STATE: state, XDG_CACHE_HOME: join(home, 'cache'), NO_COLOR: '1' };
const asUser = (argv: string[]) => {
  const rights = [`--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'];
  const [program, ...rest] = marked(state, [
    ...['setpriv', ...rights, process.execPath, join(tool, 'dist/bin.js')],
    ...argv,
  ]);
  return execa(program, rest, { env, cwd: '/', reject: false });
};

beforeAll(async () => {
  // The clone and the root's cache may lie where only root can look.
  const from = dirname(dirname(BIN));
  for (const part of ['dist', 'images', 'topologies', 'package.json'])
    cpSync(join(from, part), join(tool, part), { recursive: true });
  const root = await findRoot();
  if (root === undefined) throw new Error('the set-up has built no root');
  const copy = join(home, 'cache', 'lvslab', basename(root.directory));
  cpSync(root.directory, copy, { recursive: true });
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
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  expect(existsSync(state) ? readdirSync(state) : []).toEqual([]);
});

it('is told what the local machine needs', async () => {
  const up = await asUser(['up', 'nat', '--machine', 'local']);
  expect(up.exitCode).toBe(3);
  expect(up.stderr).toContain('need root');
  expect(up.stderr).toContain('--machine embedded');
});
