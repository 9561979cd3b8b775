import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { leftSince, openFiles, whatIsThere } from '../../../src/lifecycle/leftovers.ts';
import { labsAtOnce } from '../../../src/commands/verify.ts';
import { shipped } from '../plan/labs.ts';

const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
const lab = join(folder, 'verify-nat-1');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('what a lab leaves behind is found: a process that names its directory, and the directory', async () => {
  const before = whatIsThere([lab]);
  expect(await leftSince(before, [lab])).toEqual({ processes: [], mounts: [], loopDevices: [], files: [] });
  mkdirSync(lab);
  writeFileSync(join(lab, 'lock'), '');
  const child = spawn('tail', ['-f', join(lab, 'lock')], { stdio: 'ignore' });
  try {
    const left = await leftSince(before, [lab]);
    expect(left.processes).toEqual([`${child.pid ?? 0} tail -f ${lab}/lock`]);
    expect(left.files).toEqual([lab]);
    // Another lab's are none of this one's business.
    expect(await leftSince(before, [join(folder, 'other')])).toMatchObject({ processes: [], files: [] });
  } finally {
    child.kill();
  }
}, 30_000);

it('a socket of this process is one, and one of another is not', async () => {
  const before = whatIsThere([lab]);
  const own = mkdtempSync(join(tmpdir(), `lvslab-${process.pid}-`));
  const other = mkdtempSync(join(tmpdir(), `lvslab-${process.ppid}-`));
  try {
    expect((await leftSince(before, [lab])).files).toEqual([basename(own)]);
  } finally {
    for (const folder of [own, other]) rmSync(folder, { recursive: true });
  }
});

it('open files of this process are counted', () => {
  expect(openFiles()).toBeGreaterThan(2);
});

it('labs at once are bounded by processors, by memory and by their number', () => {
  const plans = Array.from({ length: 8 }, () => shipped('nat'));
  const gibibyte = 2 ** 30;
  // A kernel with four nodes may use 320 MiB; a fifth of the memory is left alone.
  expect(labsAtOnce(plans, { cpus: 4, memory: 64 * gibibyte })).toBe(4);
  expect(labsAtOnce(plans, { cpus: 64, memory: 1 * gibibyte })).toBe(2);
  expect(labsAtOnce(plans, { cpus: 64, memory: 64 * gibibyte })).toBe(8);
  expect(labsAtOnce(plans, { cpus: 64, memory: gibibyte / 8 })).toBe(1);
});
