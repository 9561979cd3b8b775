import { execa } from 'execa';
import { existsSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasNodeImage } from '../../../src/docker/image.ts';
import type { Check } from '../../../src/proof/check.ts';
import { bareClient, type BareClient, type Disguise } from './bare-client.ts';
import { startEngine } from './engine.ts';
import { startGuestEngine, type GuestEngine } from './guest-engine.ts';

/** Whole lessons, by a client that has Node.js and an engine's socket and nothing else. */
let engine: GuestEngine;
beforeAll(async () => {
  engine = await startGuestEngine();
});
afterAll(async () => {
  const { docker } = await engine.connect();
  const left = await docker.listContainers({ all: true });
  await engine.stop();
  expect(left.flatMap(({ Names }) => Names)).toEqual([]);
});

const CLIENTS: [name: string, disguise: Disguise | undefined, mode: string][] = [
  ['has nothing of Linux', undefined, 'nat'],
  ['takes itself for macOS', 'darwin', 'tun'],
  ['takes itself for Windows', 'win32', 'dr'],
];

describe.each(CLIENTS)('a client that %s', { timeout: 300_000 }, (_, disguise, mode) => {
  let client: BareClient;
  const lab = (argv: string[], options = {}) => client.lab(argv, options);
  const ok = async (argv: string[], options = {}) => {
    const ran = await lab(argv, options);
    expect(ran.code, `${argv.join(' ')}\n${ran.stdout}\n${ran.stderr}`).toBe(0);
    return ran.stdout;
  };
  const on = (node: string, line: string) => ok(['exec', node, '--', 'sh', '-c', line]);
  /** A command that goes on while the test does other things. */
  const start = (argv: string[], options = {}) => {
    const [program, ...rest] = client.command(argv);
    return execa(program, rest, { env: client.env, extendEnv: false, reject: false, ...options });
  };

  beforeAll(async () => {
    client = await bareClient(engine.socket, disguise);
    // Two at once: the second waits for the first, and finds its lab.
    const ups = await Promise.all([lab(['up', mode]), lab(['up', mode])]);
    for (const up of ups) expect(up.code, up.stderr).toBe(0);
    expect(ups.filter(({ stdout }) => stdout.includes('is up already'))).toHaveLength(1);
  });
  afterAll(async () => {
    await ok(['down', '--all']);
    expect(existsSync(join(client.root, 'home/labs'))).toBe(false);
    client.remove();
  });

  it('sees none of the system that it is on', () => {
    for (const path of ['proc', 'sys', 'bin', 'usr/bin', 'dev/null', 'etc'])
      expect(existsSync(join(client.root, path)), path).toBe(false);
  });

  it('is told by the doctor that labs run', async () => {
    const { ready, findings } = await client.json<{ ready: boolean; findings: unknown[] }>(['doctor']);
    expect(ready).toBe(true);
    const kernel = { title: 'engine kernel', state: 'ok' };
    expect(findings).toContainEqual(expect.objectContaining(kernel));
    if (disguise === undefined) return;
    const local = { title: 'local machine', state: 'cannot', detail: 'this host is not Linux' };
    expect(findings).toContainEqual(expect.objectContaining(local));
  });

  it('keeps every promise of the mode', async () => {
    const report = await client.json<{ outcome: string; checks: Check[] }>(['test', mode]);
    expect(report.outcome, JSON.stringify(report.checks, null, 1)).toBe('pass');
    expect(report.checks.filter((c) => c.title.startsWith(`${mode}:`)).length).toBeGreaterThanOrEqual(3);
    expect(await ok(['status', mode])).toContain('everything is as the plan says');
    expect(await ok(['list'])).toMatch(new RegExp(`${mode}\\s+up`));
  });

  it('runs commands on nodes: their codes, streams and input', async () => {
    const ran = await lab(['exec', 'client', '--', 'sh', '-c', 'cat; echo error >&2; exit 7'], {
      input: 'typed',
    });
    expect(ran).toEqual({ code: 7, stdout: 'typed', stderr: 'error' });
    // Into a file, where output is written in another way.
    const file = join(client.root, 'tmp/out');
    await start(['exec', 'client', '--', 'seq', '50000'], { stdout: { file } });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(50_000);
  });

  it('has a shell at a terminal', async () => {
    const line = client.command(['shell', 'client']).join(' ');
    const shell = execa('script', ['-qec', line, '/dev/null'], {
      env: { ...client.env, PATH: process.env['PATH'] },
      extendEnv: false,
      stdin: 'pipe',
      reject: false,
      timeout: 60_000,
    });
    let shown = '';
    shell.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    await expect.poll(() => shown, { timeout: 30_000 }).toContain(`${mode}/client:~# `);
    shell.stdin.write('stty size; hostname; exit 3\n');
    const { exitCode } = await shell;
    expect(exitCode, shown).toBe(3);
    expect(shown.replaceAll('\r', '')).toMatch(/^client$/m);
  });

  it('captures into a file until Ctrl-C', async () => {
    const file = join(client.root, 'tmp/capture.pcap');
    const capture = start(['capture', 'director'], { stdout: { file } });
    await expect
      .poll(() => (existsSync(file) ? statSync(file).size : 0), { timeout: 30_000 })
      .toBeGreaterThan(0);
    await on(
      'client',
      'ping -c 2 -i 0.2 $(ip -4 -br addr show eth0 | sed "s,.* \\([0-9.]*\\)[.][0-9]*/.*,\\1,").1; true',
    );
    const before = statSync(file).size;
    await sleep(500);
    capture.kill('SIGINT');
    expect((await capture).exitCode).toBe(0);
    expect(statSync(file).size).toBeGreaterThanOrEqual(before);
    // The magic number of a capture, in either byte order.
    expect(readFileSync(file).subarray(0, 4).toString('hex')).toMatch(
      /^(d4c3b2a1|a1b2c3d4|4d3cb2a1|0a0d0d0a)$/,
    );
  });

  it('copies files to a node and from it', async () => {
    writeFileSync(join(client.root, 'tmp/a file'), 'text\n');
    await ok(['cp', '/tmp/a file', 'rs1:/root/']);
    await ok(['cp', 'rs1:/root/a file', '/tmp/back']);
    expect(readFileSync(join(client.root, 'tmp/back'), 'utf8')).toBe('text\n');
  });

  it('forwards a port', async () => {
    const forward = start(['forward', mode, '18080']);
    let said = '';
    for (const stream of [forward.stdout, forward.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const port = async () => {
      await expect.poll(() => said, { timeout: 30_000 }).toMatch(/127\.0\.0\.1:(\d+)/);
      return Number(/127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    };
    const socket = createConnection(await port(), '127.0.0.1');
    socket.end('GET / HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer, said).toContain('200 OK');
    forward.kill('SIGINT');
    await forward;
  });

  it('has exercises, failures, logs and the board', async () => {
    await ok(['break', mode, 'weight-zero']);
    expect((await lab(['check'])).code).toBe(1);
    await ok(['reset', mode]);
    const reached = async () => (await lab(['exec', 'director', '--', 'ping', '-c1', '-W1', 'rs1'])).code;
    expect(await reached()).toBe(0);
    await ok(['fail', 'rs1']);
    expect(await reached()).toBe(1);
    // It waits for what does not come, and differs by the client in nothing that `check` has not shown.
    if (disguise === undefined) expect((await lab(['test', mode])).code).toBe(1);
    await ok(['heal', 'rs1']);
    expect(await reached()).toBe(0);
    expect(await ok(['logs', 'rs1'])).toContain('GET /');
    const watch = start(['watch', mode]);
    let shown = '';
    watch.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    await expect.poll(() => shown, { timeout: 30_000 }).toContain('rs1');
    watch.kill('SIGINT');
    await watch;
  });

  it('is interrupted in the middle of `up`, and leaves nothing', async () => {
    const name = `${mode}-late`;
    const up = start(['up', mode, '--name', name, '--reconfigure']);
    await sleep(1500);
    up.kill('SIGINT');
    const { exitCode, stderr } = await up;
    expect([2, 130], stderr).toContain(exitCode);
    const { docker } = await engine.connect();
    const filters = { label: [`org.lvslab.lab=${name}`] };
    expect(await docker.listContainers({ all: true, filters })).toEqual([]);
    expect(await docker.listNetworks({ filters })).toEqual([]);
  });

  it('says that it has no ssh where an engine is behind it', async () => {
    const ran = await lab(['doctor'], { env: { ...client.env, DOCKER_HOST: 'ssh://nobody@nowhere' } });
    expect(ran.stdout + ran.stderr).toContain('this system cannot run ssh');
  });
});

describe('a client that names the engine otherwise', () => {
  let client: BareClient;
  const make = async (disguise?: Disguise) => (client = await bareClient(engine.socket, disguise));
  afterEach(() => {
    client.remove();
  });

  it('moves the image of a node in a file, from one engine to another', { timeout: 300_000 }, async () => {
    await make();
    const other = await startEngine('28');
    try {
      linkSync(join(other.folder, 'docker.sock'), join(client.root, 'run/other.sock'));
      const exported = await client.lab(['image', 'export', '/tmp/node.tar']);
      expect(exported.code, exported.stderr).toBe(0);
      const env = { ...client.env, DOCKER_HOST: 'unix:///run/other.sock' };
      const imported = await client.lab(['image', 'import', '/tmp/node.tar'], { env });
      expect(imported.code, imported.stderr).toBe(0);
      expect(await hasNodeImage(other.engine)).toBe(true);
    } finally {
      await other.stop();
    }
  });

  it('finds it on Windows at Docker’s named pipe where nobody names one', async () => {
    await make('win32');
    const env = { ...client.env };
    Reflect.deleteProperty(env, 'DOCKER_HOST');
    const ran = await client.lab(['doctor'], { env });
    expect(ran.stdout).toContain('npipe:////./pipe/docker_engine (the local socket), kernel');
  });

  it('finds it by a home with blanks and other letters in its path', async () => {
    await make();
    mkdirSync(join(client.root, 'home/Jörg M'));
    symlinkSync('/run/engine.sock', join(client.root, 'home/Jörg M/docker.sock'));
    const env = { ...client.env, DOCKER_HOST: 'unix:///home/Jörg M/docker.sock' };
    expect((await client.lab(['doctor'], { env })).code).toBe(0);
  });
});
