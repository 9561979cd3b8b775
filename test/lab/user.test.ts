import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toolForUser } from './as-user.ts';
import { leftOf } from './cli.ts';

// "nobody": an ordinary user without privilege, home or subordinate ids.
const UID = 65534;
let tool: Awaited<ReturnType<typeof toolForUser>>;
let state: string;
const asUser = (argv: string[]) => tool.lab(argv, { LVSLAB_STATE: state });

beforeAll(async () => {
  tool = await toolForUser(UID);
  state = join(tool.home, 'state');
});
afterAll(async () => {
  await asUser(['down', '--all']);
  tool.remove();
});

it('an ordinary user brings a lab up, tests it, works in it and takes it down', async () => {
  const up = await asUser(['up', 'nat']);
  expect(up.exitCode, String(up.stderr)).toBe(0);
  expect(up.stdout).toContain('embedded');
  expect(statSync(join(state, 'nat')).mode & 0o077).toBe(0);
  expect(statSync(join(state, 'nat')).uid).toBe(UID);
  const test = await asUser(['test', 'nat']);
  expect(test.exitCode, String(test.stdout)).toBe(0);
  expect((await asUser(['exec', 'rs1', '--', 'id', '-u'])).stdout).toBe('0');
  expect((await asUser(['down', 'nat'])).exitCode).toBe(0);
  expect(await leftOf(tool.home)).toEqual({ processes: [], mounts: [] });
  expect(existsSync(state) ? readdirSync(state) : []).toEqual([]);
});

it('is told what the local machine needs', async () => {
  const up = await asUser(['up', 'nat', '--machine', 'local']);
  expect(up.exitCode).toBe(3);
  expect(up.stderr).toContain('need root');
  expect(up.stderr).toContain('--machine embedded');
});
