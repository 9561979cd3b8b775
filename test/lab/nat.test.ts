import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import type { StatusReport } from '../../src/commands/status.ts';
import { BIN, leftOf, user } from './cli.ts';

interface TestReport {
  schema: string;
  outcome: string;
  checks: Check[];
}

describe('a NAT lab', () => {
  const me = user('nat');
  const { lab, on, json } = me;

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toContain('VIP 203.0.113.100:80 tcp rr → rs1, rs2 (masquerading)');
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  it('passes its test with every check green', async () => {
    const report = await json<TestReport>(['test', 'nat']);
    expect(report.schema).toBe('lvslab/test/1');
    expect(report.checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect(report.checks.map((check) => check.id)).toEqual([
      'table',
      'answers',
      'distribution',
      'director',
      'transfers',
      'nat/203.0.113.100:80/request-rewritten',
      'nat/203.0.113.100:80/reply-from-vip',
      'nat/203.0.113.100:80/replies-pass-director',
      'nat/203.0.113.100:80/gateway-is-director',
    ]);
  });

  it('fails its test when a real server stops answering, says which, and passes again after the fix', async () => {
    await on('rs1', 'nginx -c /etc/nginx/lab.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done');
    const broken = await lab(['test', 'nat', '--json']);
    expect(broken.code).toBe(1);
    const report = JSON.parse(broken.stdout) as TestReport;
    expect(report.checks.find((check) => check.id === 'answers')?.detail).toMatch(/^4 of 8 requests/);
    expect(report.checks.find((check) => check.id.endsWith('reply-from-vip'))?.detail).toContain('rs1');
    await on('rs1', 'nginx -c /etc/nginx/lab.conf');
    expect((await lab(['test', 'nat'])).code).toBe(0);
  });

  it('shows nodes, daemons and the director in status', async () => {
    const report = await json<StatusReport>(['status', 'nat']);
    expect(report.state).toBe('up');
    expect(report.nodeStates.map((node) => [node.name, node.role, node.state])).toEqual([
      ['client', 'client', 'running'],
      ['director', 'director', 'running'],
      ['rs1', 'real-server', 'running'],
      ['rs2', 'real-server', 'running'],
    ]);
    expect(report.nodeStates[2]?.daemons).toEqual([{ name: 'web', running: true }]);
    expect(report.directors[0]?.ipvs).toContain('10.0.0.12:80');
  });

  it('runs commands with their own streams and exit code', async () => {
    expect(await lab(['exec', 'rs1', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
      code: 7,
      stdout: 'out',
      stderr: 'err',
    });
    expect((await lab(['exec', 'rs1', '--', 'no-such-program'])).code).toBe(127);
    expect((await lab(['exec', 'client', '--', 'cat'], { input: 'x'.repeat(20_000) })).stdout).toHaveLength(
      20_000,
    );
    expect((await lab(['exec', 'nat/rs2', 'hostname'])).stdout).toBe('rs2');
    expect((await lab(['exec', 'rs9', '--', 'true'])).code).toBe(125);
    expect((await lab(['exec', 'nat/rs9', '--', 'true'])).stderr).toContain(
      'its nodes: client, director, rs1, rs2',
    );
  });

  it('gives each node its own name, processes, hosts and files', async () => {
    expect(await on('rs1', 'hostname')).toBe('rs1');
    expect(await on('rs1', 'getent hosts director vip client')).toMatch(
      /^10\.0\.0\.1\s+director\n203\.0\.113\.100\s+vip\n/,
    );
    expect(await on('rs1', 'ps -e -o comm= | sort -u')).not.toContain('sshd');
    await on('rs1', 'echo mine > /srv/own');
    expect((await lab(['exec', 'rs2', '--', 'cat', '/srv/own'])).code).toBe(1);
  });

  it('gives a shell a terminal with the right size, its signals and job control', async () => {
    const typed = ['stty size', 'sleep 100 &', 'jobs', 'kill %1', 'tty', 'exit 3', ''].join('\n');
    // `script` is the terminal of the person who types.
    const shell = await execa(
      'script',
      ['-qec', `stty rows 33 cols 77; node ${BIN} shell client`, '/dev/null'],
      {
        input: typed,
        env: me.env,
        reject: false,
      },
    );
    expect(shell.stdout).toContain('33 77');
    expect(shell.stdout).toMatch(/\[1\]\+\s+Running\s+sleep 100/);
    expect(shell.stdout).toContain('/dev/pts/');
    expect(shell.stdout).toContain('nat/client:');
    expect(shell.exitCode).toBe(3);
  });

  it('says that it is up already, and that another topology of its name is not the same', async () => {
    const again = await lab(['up', 'nat']);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('lab nat is up already');
    const other = await lab(['up', 'dr', '--name', 'nat']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('--reconfigure');
  });

  it('keeps two labs with the same subnets apart, and wants to know which node is meant', async () => {
    const up = await lab(['up', 'nat', '--name', 'second']);
    expect(up.code, up.stderr).toBe(0);
    try {
      const unclear = await lab(['exec', 'rs1', '--', 'true']);
      expect(unclear.code).toBe(125);
      expect(unclear.stderr).toContain('nat/rs1, second/rs1');
      await on('second/rs1', 'ip addr del 10.0.0.11/24 dev eth0');
      expect((await lab(['test', 'nat'])).code).toBe(0);
      expect((await lab(['test', 'second'])).code).toBe(1);
      expect((await lab(['down'])).code).toBe(2);
    } finally {
      await lab(['down', 'second']);
    }
    expect((await lab(['down', 'second'])).stdout).toContain('second is not up');
  });

  it('prints logs of a daemon', async () => {
    expect((await lab(['logs', 'rs1', 'web'])).stdout).toMatch(/203\.0\.113\.101:\d+ > 10\.0\.0\.11:80 "GET/);
    expect((await lab(['logs', 'client'])).stderr).toContain('client runs no daemon');
  });

  it('refuses bad input with exit code 2 and builds nothing', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'lvslab-bad-')), 'bad.yaml');
    writeFileSync(
      file,
      'lvslab: 1\nmode: nat\nnetworks: { a: 10.0.0.0/24 }\nnodes: { client: { on: b } }\nservcies: []\n',
    );
    const up = await lab(['up', file]);
    expect(up.code).toBe(2);
    expect(up.stderr).toContain('bad.yaml:4:24: ');
    expect(up.stderr).toContain('did you mean "services"?');
    expect((await json<{ labs: { name: string }[] }>(['list'])).labs.map((l) => l.name)).toEqual(['nat']);
    for (const argv of [['up', 'nowhere'], ['up'], ['frobnicate'], ['up', 'nat', '--machine', 'moon']])
      expect((await lab(argv)).code, argv.join(' ')).toBe(2);
    rmSync(dirname(file), { recursive: true });
  });
});
