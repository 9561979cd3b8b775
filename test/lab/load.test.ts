import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadReport } from '../../src/commands/load.ts';
import { BIN, leftOf, marked, user } from './cli.ts';

const SECOND = `lvslab: 1
name: load
mode: nat
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front, count: 2 }
  director: { on: [front, back] }
  rs: { on: back, count: 3 }
services:
  - { vip: 203.0.113.100, scheduler: wrr, servers: [{ node: rs1, weight: 3 }, rs2] }
  - { vip: 203.0.113.100, port: 8000, servers: [rs3] }
`;

describe('lab load', () => {
  const me = user('load');
  const { lab, on } = me;
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-load-'));
  const real = (id: number) => `-t 203.0.113.100:80 -r 10.0.0.1${id}:80`;

  /** A load and its exit code. */
  async function drive(...options: string[]): Promise<{ code: number; report: LoadReport }> {
    const ran = await lab(['load', 'load', '--duration', '2', '--json', ...options]);
    return { code: ran.code, report: JSON.parse(ran.stdout) as LoadReport };
  }

  beforeAll(async () => {
    const file = join(folder, 'load.yaml');
    writeFileSync(file, SECOND);
    const up = await lab(['up', file]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    expect((await lab(['down', 'load'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
    rmSync(folder, { recursive: true });
  });

  it('reports rate, latency and shares by weight, as the servers themselves logged them', async () => {
    const before = await logged();
    const { code, report } = await drive();
    expect(code).toBe(0);
    expect(report).toMatchObject({
      schema: 'lvslab/load/1',
      service: '203.0.113.100:80',
      clients: ['client1', 'client2'],
      errors: { connect: 0, read: 0, timeout: 0, status: 0, unanswered: 0 },
    });
    const answers = report.servers.map((server) => server.answers);
    expect(answers.reduce((a, b) => a + b)).toBe(report.requests);
    // Each connection is one request, so wrr is exact but for what was on the way at the end: 8 from each client.
    const [rs1 = 0, rs2 = 0] = answers;
    expect(Math.abs(rs1 - 3 * rs2)).toBeLessThanOrEqual(3 * 16);
    expect(rs2).toBeGreaterThan(16);
    const after = await logged();
    for (const [index, count] of answers.entries()) {
      const own = (after[index] ?? 0) - (before[index] ?? 0);
      expect(own).toBeGreaterThanOrEqual(count);
      expect(own).toBeLessThanOrEqual(count + 16);
    }
    const { p50 = 0, p75 = 0, p90 = 0, p99 = 0, max = 0 } = report.latency ?? {};
    expect(p50).toBeGreaterThan(0);
    expect([p50, p75, p90, p99, max]).toEqual([p50, p75, p90, p99, max].toSorted((a, b) => a - b));
  });

  async function logged(): Promise<number[]> {
    return Promise.all(
      ['rs1', 'rs2'].map(async (node) => Number(await on(node, 'wc -l < /var/log/web.log'))),
    );
  }

  it('says 0 of a server that is taken out, and goes on to the others', async () => {
    await on('director', `ipvsadm -d ${real(2)}`);
    const { code, report } = await drive();
    await on('director', `ipvsadm -a ${real(2)} -m`);
    expect(code).toBe(0);
    expect(report.servers).toEqual([
      { server: 'rs1', answers: report.requests, share: 1 },
      { server: 'rs2', answers: 0, share: 0 },
    ]);
  });

  it('reports refused connections where the director has no server left, with an exit code', async () => {
    await on('director', `ipvsadm -d ${real(1)}; ipvsadm -d ${real(2)}`);
    const { code, report } = await drive();
    await on('director', `ipvsadm -a ${real(1)} -m -w 3; ipvsadm -a ${real(2)} -m`);
    expect(code).toBe(1);
    expect(report.requests).toBe(0);
    expect(report.errors.connect).toBeGreaterThan(0);
    expect(report.latency).toBeNull();
  });

  it('reports connections that nobody answers, on which wrk itself is silent', async () => {
    const hole = 'blackhole 203.0.113.0/24';
    for (const node of ['rs1', 'rs2']) await on(node, `ip route add ${hole}`);
    const { code, report } = await drive('--duration', '4', '--connections', '3', '--client', 'client2');
    for (const node of ['rs1', 'rs2']) await on(node, `ip route del ${hole}`);
    expect(code).toBe(1);
    expect(report).toMatchObject({ clients: ['client2'], requests: 0 });
    expect(report.errors.unanswered).toBe(3);
  });

  it('reports answers that are not 2xx', async () => {
    const config = '/etc/nginx/lab.conf';
    await on('rs3', `sed -i 's/return 200/return 503/' ${config}; nginx -c ${config} -s reload; sleep 1`);
    const { code, report } = await drive('--service', '203.0.113.100:8000', '--keep-alive');
    expect(code).toBe(1);
    expect(report.service).toBe('203.0.113.100:8000');
    expect(report.statuses).toEqual({ '503': report.requests });
    expect(report.errors.status).toBe(report.requests);
    expect(report.servers).toEqual([{ server: 'rs3', answers: report.requests, share: 1 }]);
  });

  it('prints a table and draws a chart', async () => {
    const svg = join(folder, 'load.svg');
    const ran = await lab(['load', '--duration', '2', '--svg', svg]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^rate +\d+\.\d requests\/s$/m);
    expect(ran.stdout).toMatch(/^rs1 +\d+ +7\d\.\d%$/m);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[^]*rs1[^]*<\/svg>\s*$/);
  });

  it('ends wrk on the nodes when it is interrupted, and when it is killed', async () => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const [program, ...rest] = marked(me.state, ['node', BIN, 'load', '--duration', '3000', '--json']);
      const load = execa(program, rest, { env: me.env, reject: false, cleanup: false });
      await expect.poll(() => running(), { timeout: 30_000 }).toBe(2);
      load.kill(signal);
      const ended = await load;
      if (signal === 'SIGINT') expect(ended.exitCode).toBe(130);
      await expect.poll(() => running(), { timeout: 30_000 }).toBe(0);
    }
  });

  async function running(): Promise<number> {
    const lines = await Promise.all(
      ['client1', 'client2'].map((node) => on(node, 'ps -e -o comm= | grep -c wrk || true')),
    );
    return lines.reduce((sum, line) => sum + Number(line), 0);
  }

  it.each([
    [['--duration', '0'], 'whole number from 1 to 3600'],
    [['--duration', '1.5'], 'whole number from 1 to 3600'],
    [['--connections', '0'], 'whole number from 1 to 1000'],
    [['--service', '203.0.113.100:81'], 'its services: 203.0.113.100:80, 203.0.113.100:8000'],
    [['--client', 'rs1'], 'its clients: client1, client2'],
    [['nowhere'], 'no lab nowhere is up'],
  ])('refuses %j and says the fix', async (options, fix) => {
    const ran = await lab(['load', ...options]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(fix);
  });

  it('refuses a lab that speaks no HTTP, and drives one that speaks TLS', async () => {
    expect((await lab(['up', 'udp'])).code).toBe(0);
    const ran = await lab(['load', 'udp']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('lab udp has no HTTP service to drive');
    await lab(['down', 'udp']);
    expect((await lab(['up', 'mark'])).code).toBe(0);
    const secure = await lab(['load', 'mark', '--duration', '2', '--json', '--service', '203.0.113.100:443']);
    await lab(['down', 'mark']);
    expect(secure.code, secure.stderr).toBe(0);
    expect((JSON.parse(secure.stdout) as LoadReport).requests).toBeGreaterThan(10);
  });

  it('refuses a lab without a client, and one without a service', async () => {
    const bare = join(folder, 'bare.yaml');
    for (const [text, fix] of [
      [
        SECOND.replace('client: { on: front, count: 2 }', 'watcher: { on: front, role: router }'),
        'no client',
      ],
      [SECOND.replace(/services:[^]*/, ''), 'no virtual service'],
    ]) {
      writeFileSync(bare, (text ?? '').replace('name: load', 'name: bare'));
      const up = await lab(['up', bare]);
      expect(up.code, up.stderr).toBe(0);
      const ran = await lab(['load', 'bare']);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain(fix);
      await lab(['down', 'bare']);
    }
  });
});
