import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { treeMemory } from '../../src/machine/memory.ts';
import { processTree, statFields } from '../../src/machine/processes.ts';
import { processesOf, user } from './cli.ts';

/** MiB that a seat's kernel may use, and what it takes outside: its client, relay and sandbox. */
const CEILING = 320 + 80;
/** Processes of a seat of four nodes, and those of the host that hold its line and look at it. */
const MOST = 512 + 4 * 64;
const PROCESSES = MOST + 50;

const { lab, state, on } = user('class-limits');

beforeAll(async () => {
  const up = await lab(['class', 'up', 'nat', '--students', '2', '--name', 'lim']);
  expect(up.code, up.stdout + up.stderr).toBe(0);
});
afterAll(async () => {
  await lab(['class', 'down', 'lim']);
});

it('a seat knows its limits, and cannot lift them', async () => {
  expect(await on('lim-s01/rs1', 'cat /proc/sys/kernel/threads-max')).toBe(String(MOST));
  const lift = await lab([
    'exec',
    'lim-s01/rs1',
    '--',
    'sh',
    '-c',
    'echo 9999 > /proc/sys/kernel/threads-max',
  ]);
  expect(lift.stderr).toMatch(/Read-only file system/);
  const many = 'for i in $(seq 900); do sleep 9 & done; jobs -p | wc -l';
  expect((await lab(['exec', 'lim-s01/rs1', '--', 'timeout', '60', 'sh', '-c', many])).stderr).toMatch(
    /[Cc]annot fork/,
  );
});

/** MiB of a seat that nobody works at, with all that it has on this host, where there are two. */
const AT_REST = 56;

it('a seat at rest takes little memory, and gives back what was used and is free again', async () => {
  const holder = Number(readFileSync(join(state, 'lim-s02', 'holder'), 'utf8').split(' ')[0]);
  const atRest = () =>
    vi.waitFor(
      () => {
        expect(treeMemory(holder)).toBeLessThan(AT_REST);
      },
      { timeout: 20_000, interval: 250 },
    );
  await atRest();
  const before = treeMemory(holder);
  expect((await lab(['test', 'lim-s02'])).code).toBe(0);
  // What it took is the seat's no longer; had it taken nothing, this would say nothing.
  expect(treeMemory(holder)).toBeGreaterThan(before + 8);
  await atRest();
  // The guest can have all of it again.
  const free = await on('lim-s02/rs1', "awk '/^MemFree/ { print $2 }' /proc/meminfo");
  expect(Number(free)).toBeGreaterThan(220 * 1024);
});

/** Seconds of processor that a process of this host and all below it have had so far. */
function processorTime(root: number): number {
  // Clock ticks, a hundred to the second: fields 14 and 15.
  const ticks = (pid: number) => {
    const fields = statFields(pid);
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  };
  return processTree(root).reduce((sum, pid) => sum + ticks(pid) / 100, 0);
}

it('a seat has one processor at most, however much it runs', async () => {
  const busy = 'for i in 1 2 3 4; do sh -c "while :; do :; done" & done; sleep 12';
  const harm = Promise.all(
    ['client', 'rs1'].map((node) =>
      lab(['exec', `lim-s01/${node}`, '--', 'timeout', '12', 'bash', '-c', busy]),
    ),
  );
  await sleep(3000);
  const holder = Number(readFileSync(join(state, 'lim-s01', 'holder'), 'utf8').split(' ')[0]);
  const [began, before] = [performance.now(), processorTime(holder)];
  await sleep(5000);
  const share = (processorTime(holder) - before) / ((performance.now() - began) / 1000);
  // Its line and its clock are threads of their own.
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(1.25);
  await harm;
});

describe('what a seat does to itself', () => {
  afterEach(async () => {
    // The seat is past help from within, and the trainer gets it back.
    expect((await lab(['down', 'lim-s01'])).code).toBe(0);
    expect((await lab(['class', 'up', 'nat', '--name', 'lim'])).code).toBe(0);
    expect((await lab(['test', 'lim-s01'])).code).toBe(0);
  });

  it.each([
    ['a fork bomb', 'b() { b | b & }; b; sleep 60'],
    ['a full disk', 'for d in / /srv /tmp /run; do dd if=/dev/zero of=$d/full bs=1M; done; sleep 60'],
    ['memory without end', `perl -e 'my @a; push @a, "x" x 1048576 while 1'; sleep 60`],
    ['a busy processor', 'for i in 1 2 3 4; do dd if=/dev/zero of=/dev/null & done; sleep 60'],
  ])('%s does not hurt another, nor the host', async (_, line) => {
    const before = processesOf(state).length;
    const harm = lab(['exec', 'lim-s01/rs1', '--', 'timeout', '60', 'bash', '-c', line], { timeout: 90_000 });
    await sleep(6000);
    const began = Date.now();
    const test = await lab(['test', 'lim-s02']);
    expect(test.code, test.stdout).toBe(0);
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(await on('lim-s02/rs1', 'df -h / >/dev/null && echo fine')).toBe('fine');
    const holder = Number(readFileSync(join(state, 'lim-s01', 'holder'), 'utf8').split(' ')[0]);
    expect(treeMemory(holder)).toBeLessThan(CEILING);
    expect(processesOf(state).length - before).toBeLessThan(PROCESSES);
    await lab(['down', 'lim-s01']);
    await harm;
  });
});
