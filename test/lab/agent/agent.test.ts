import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOrNothing } from '../../../src/host/files.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { hostProcessor, processorText } from '../../../src/host/processor.ts';
import { packageRoot } from '../../../src/host/paths.ts';
import { NODE_CAPABILITIES } from '../../../src/runtime/capabilities.ts';
import { netns } from '../../../src/runtime/netns.ts';
import type { Running } from '../../../src/runtime/runtime.ts';
import { CONTRACT_PLAN } from '../contract.ts';
import { ENTER_TREE, ensureTree, treeMachine, type Architecture } from './trees.ts';

const AGENT = join(packageRoot, 'images', 'node-agent');
/** An agent with a wrong number, as one on an unknown kernel would be: the call fails, and the program goes on. */
const MISTAKEN = readFileSync(AGENT, 'utf8').replaceAll(/exit_group => \d+/g, 'exit_group => 4000');
/** The line by which the first process of a container stays, while its child does what its maker asks. */
const STAYS = 'stay() if $pid;';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What a command comes to, with this as its input. */
async function ended(child: Running, input = ''): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...texts };
}

/** Numbers of this host's processes that have all these words in their command lines. */
function processesWith(...words: string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const line = textOrNothing(`/proc/${pid}/cmdline`).split('\0').join(' ');
      return words.every((word) => line.includes(word));
    })
    .map(Number);
}

/** A folder that trees have as /lab, with an agent in it under a name that no other process has in its command line. */
function agentFolder(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-agent-'));
  const agent = `/lab/${folder.split('-').at(-1) ?? ''}`;
  const file = join(folder, agent.slice('/lab/'.length));
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return {
    folder,
    agent,
    end: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe.each(['amd64', 'arm64'] as const)('the agent on %s', (processor) => {
  const place = agentFolder(readFileSync(AGENT, 'utf8'));
  let machine: Machine;
  let runtime: ReturnType<typeof netns>;
  const inTree = (argv: string[], input?: string) => ended(machine.start(argv, { stdio: 'pipe' }), input);
  const onNode = (line: string, input?: string) =>
    ended(runtime.start('alice', ['sh', '-c', line], { stdio: 'pipe' }), input);
  const agents = () => processesWith(place.agent);

  beforeAll(async () => {
    machine = treeMachine(await ensureTree(processor), place.folder, place.agent);
    runtime = netns(machine);
    await runtime.create(CONTRACT_PLAN);
  });
  afterAll(async () => {
    await runtime.destroy();
    place.end();
  });

  it('runs on that processor', async () => {
    const machineName = { amd64: 'x86_64', arm64: 'aarch64' }[processor];
    expect((await onNode('uname -m')).stdout).toBe(`${machineName}\n`);
  });

  it('enters a node with the streams of its own and the exit code of the command', async () => {
    expect(await onNode('cat; echo to stderr >&2; exit 7', 'from stdin\n')).toEqual({
      code: 7,
      stdout: 'from stdin\n',
      stderr: 'to stderr\n',
    });
    expect((await onNode('kill -KILL $$')).code).toBe(137);
    expect((await onNode('hostname')).stdout).toBe('alice\n');
    const enter = (...argv: string[]) => ended(runtime.start('alice', argv, { stdio: 'pipe' }));
    expect(await enter('no-such-program')).toEqual({
      ...{ code: 127, stdout: '', stderr: 'no-such-program: No such file or directory\n' },
    });
    expect((await enter('/etc/passwd')).code).toBe(126);
    const nobody = await ended(runtime.start('carol', ['true'], { stdio: 'pipe' }));
    expect(nobody).toEqual({ code: 125, stdout: '', stderr: 'lab: carol is not running\n' });
  });

  it('ends a command whose output nobody reads any more', async () => {
    const child = runtime.start('alice', ['sleep', '7001'], { stdio: 'pipe' });
    await expect.poll(() => processesWith('sleep 7001').length, { timeout: 20_000 }).toBeGreaterThan(0);
    child.stdout?.destroy();
    await expect.poll(() => processesWith('sleep 7001'), { timeout: 20_000 }).toEqual([]);
  });

  it('gives a node its devices, and no capability but those that it is to keep', async () => {
    const devices = await onNode('stat -c "%n %t:%T" /dev/null /dev/zero /dev/urandom /dev/tty');
    expect(devices.stdout).toBe('/dev/null 1:3\n/dev/zero 1:5\n/dev/urandom 1:9\n/dev/tty 5:0\n');
    const kept = Object.values(NODE_CAPABILITIES).reduce((set, number) => set | (1n << BigInt(number)), 0n);
    const hex = kept.toString(16).padStart(16, '0');
    const { stdout } = await onNode(
      'grep -E "^Cap(Inh|Prm|Eff|Bnd)" /proc/self/status || cat /proc/self/status',
    );
    expect(/^CapBnd:\s*(\w+)$/m.exec(stdout)?.[1]).toBe(hex);
    expect(/^CapInh:\s*(\w+)$/m.exec(stdout)?.[1]).toBe('0'.repeat(16));
    expect(/^CapEff:\s*(\w+)$/m.exec(stdout)?.[1]).toBe(hex);
  });

  it('has jobs that end with it, even where it is killed', async () => {
    const job = runtime.exec([{ node: 'alice', argv: ['sleep', '7002'] }]).catch((error: unknown) => error);
    const running = () => processesWith('sleep 7002');
    await expect.poll(() => running().length, { timeout: 20_000 }).toBeGreaterThan(0);
    for (const pid of agents()) process.kill(pid, 'SIGKILL');
    expect(String(await job)).toContain('it stopped answering');
    await expect.poll(running, { timeout: 20_000 }).toEqual([]);
  });

  it('is one process, whatever a job comes to', async () => {
    const jobs = ['no-such-program', '/etc/passwd', 'true'].map((program) => ({
      node: 'alice',
      argv: [program],
    }));
    expect((await runtime.exec(jobs)).map(({ code }) => code)).toEqual([127, 126, 0]);
    expect(agents()).toHaveLength(1);
  });

  it.each([
    ['at all', ''],
    ['but for its beginning', '#'.repeat(200_000)],
  ])('runs nothing where there is no room for its input %s', async (_, more) => {
    const fill = 'mount -o remount,size=64k /tmp; [ -z "$0" ] && cat /dev/zero >/tmp/full; exec "$@"';
    const full: Machine = {
      ...machine,
      start: (argv, options) => machine.start(['sh', '-c', fill, more.slice(0, 1), ...argv], options),
    };
    const jobs = [{ node: '-', argv: ['sh'], input: `exit 7\n${more}` }];
    await expect(netns(full).exec(jobs)).rejects.toThrow(
      'no room for the input of sh: No space left on device',
    );
    expect((await netns(machine).exec(jobs)).map(({ code }) => code)).toEqual([7]);
  });

  it('is one process even where the kernel has no call by the number that ends a child', async () => {
    const other = agentFolder(MISTAKEN);
    try {
      const mistaken = treeMachine(await ensureTree(processor), other.folder, other.agent);
      const nodes = netns(mistaken);
      const here = [{ node: '-', argv: ['no-such-program'] }];
      expect((await nodes.exec(here)).map(({ code, stderr }) => [code, stderr])).toEqual([
        [137, 'no-such-program: No such file or directory\n'],
      ]);
      expect(processesWith(other.agent)).toHaveLength(1);
      // The first process of a node fails before it is one: there is no such root.
      const rootless = netns({ ...mistaken, root: '/etc' });
      await expect(rootless.create(CONTRACT_PLAN)).rejects.toThrow(/alice: /);
      await rootless.destroy();
      await expect.poll(() => processesWith(other.agent).length, { timeout: 20_000 }).toBeLessThan(3);
    } finally {
      await expect.poll(() => processesWith(other.agent), { timeout: 20_000 }).toEqual([]);
      other.end();
    }
  });

  it('guards what was started with its mark, until a line comes', async () => {
    const mark = place.agent.slice('/lab/'.length);
    const guard = (input: string) => inTree(['perl', place.agent, 'guard', mark], input);
    const running = () => processesWith('sleep 7003');
    const child = machine.start(['env', `LVSLAB_EXEC=${mark}`, 'sleep', '7003'], { stdio: 'pipe' });
    const end = new Promise((resolve) => child.once('close', resolve));
    await expect.poll(() => running().length, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await guard('fine\n')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(running()).not.toEqual([]);
    expect(await guard('')).toEqual({ code: 0, stdout: '', stderr: '' });
    await end;
    expect(running()).toEqual([]);
  });

  it.each([
    ['stays as the first process of a container, and reaps what is orphaned there', STAYS],
    [
      'reaps there too what ends before the first process gets to run again',
      `if ($pid) { sleep 1; ${STAYS} }`,
    ],
  ])('%s', async (_what, stays) => {
    // The first process of a PID namespace, as it is the first of a container.
    const tree = await ensureTree(processor);
    const text = readFileSync(AGENT, 'utf8');
    expect(text).toContain(STAYS);
    const own = agentFolder(text.replace(STAYS, stays));
    const entered = [ENTER_TREE, tree, own.folder, 'perl', own.agent, 'stay'];
    const child = spawn('unshare', ['--fork', '--kill-child', '--pid', ...entered], { stdio: 'ignore' });
    const first = () => processesWith('sleep 100000000').filter((pid) => parentOf(pid) === child.pid);
    try {
      await expect.poll(() => first().length, { timeout: 20_000 }).toBe(1);
      // The shell that has a program emulated would wait for children of its own, and no longer ignores their deaths.
      if (processor !== hostProcessor()) return;
      const [pid = 0] = first();
      const orphan = ['-t', String(pid), '--pid', '--mount', '--root', '/bin/sh', '-c', '(sleep 0.2 &) ; :'];
      expect((await execa('nsenter', orphan)).exitCode).toBe(0);
      const inside = () => readdirSync(`/proc/${pid}/root/proc`).filter((name) => /^\d+$/.test(name));
      await expect.poll(inside, { timeout: 20_000 }).toEqual(['1']);
    } finally {
      child.kill('SIGKILL');
      await expect.poll(first, { timeout: 20_000 }).toEqual([]);
      own.end();
    }
  });

  it('takes down all that it has made, the switch with it', async () => {
    const records = join(place.folder, 'nodes', 'pids');
    const made = readdirSync(records).map((name) =>
      Number(readFileSync(join(records, name), 'utf8').split(' ')[0]),
    );
    expect(made).toHaveLength(CONTRACT_PLAN.nodes.length + 1);
    expect(made.filter((pid) => !existsSync(`/proc/${pid}`))).toEqual([]);
    await runtime.destroy();
    await expect
      .poll(() => made.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 })
      .toEqual([]);
  });

  it('has the numbers that the kernel says', async () => {
    const folder = { amd64: 'x86', arm64: 'arm64' }[processor];
    const header = readFileSync(
      join(await ensureTree(processor), 'usr/lib/linux/uapi', folder, 'asm/unistd_64.h'),
      'utf8',
    );
    const text = readFileSync(AGENT, 'utf8');
    const table = new RegExp(`'${processorText(processor)}' => \\{(.*?)\\}`, 's').exec(text)?.[1] ?? '';
    const numbers = Array.from(table.matchAll(/(\w+) => (\d+)/g), ([, name = '', number]) => [name, number]);
    const defined = new Map(
      Array.from(header.matchAll(/^#define __NR_(\w+) (\d+)$/gm), ([, name, number]) => [name, number]),
    );
    expect(numbers).toEqual(numbers.map(([name]) => [name, defined.get(name)]));
    // All that it calls, and nothing else.
    const called = new Set(Array.from(text.matchAll(/\$SYS\{(\w+)\}/g), ([, name]) => name));
    expect(numbers.map(([name]) => name).sort()).toEqual([...called].sort());
    const tie = new RegExp(`${processor}: (\\d+)`).exec(
      readFileSync(join(packageRoot, 'src/machine/tied.ts'), 'utf8'),
    );
    expect(tie?.[1]).toBe(defined.get('prctl'));
  });
});

/** The parent of a process of this host; 0 of one that has ended. */
function parentOf(pid: number): number {
  const status = textOrNothing(`/proc/${pid}/status`);
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
}

describe.each<[Architecture, string]>([
  ['armhf', 'Perl a 32-bit program'],
  ['riscv64', 'the processor is riscv64'],
])('the agent on %s, which no lab runs on', (architecture, what) => {
  it.each([
    ['without arguments', []],
    ['to enter a node', ['enter', '/lab/nodes', 'alice', 'dumb', '', 'true']],
    ['as a guard', ['guard', 'mark']],
    ['to stay', ['stay']],
  ])('says so, and does nothing: %s', async (_, argv) => {
    const place = agentFolder(readFileSync(AGENT, 'utf8'));
    const machine = treeMachine(await ensureTree(architecture), place.folder, place.agent);
    const child = machine.start(['perl', place.agent, ...argv], { stdio: 'pipe' });
    const said = await ended(child, 'state /lab/nodes\ncreate\nend\n');
    expect(said.stderr).toContain('nodes are made by a 64-bit Perl on x86-64 or arm64 only');
    expect(said.stderr).toContain(what);
    expect(said).toMatchObject({ code: 125, stdout: '' });
    expect(readdirSync(place.folder)).toHaveLength(1);
    place.end();
  });
});
