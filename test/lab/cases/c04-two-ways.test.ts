import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { user } from '../cli.ts';

interface TestReport {
  outcome: string;
  checks: Check[];
}

const FILE = join(import.meta.dirname, '../../fixtures/cases/c04-two-ways.yaml');
const LAB = 'c04-two-ways';

describe('two real servers broken in different ways', () => {
  const { lab, on, json } = user(LAB);

  beforeAll(async () => {
    const up = await lab(['up', FILE]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', '--all']);
  });

  it('is sound at first', async () => {
    const report = await json<TestReport>(['test', LAB]);
    expect(report.checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
  });

  it('has two causes, each with its own count and packets', async () => {
    await on('rs2', 'ip route replace 192.168.10.0/24 via 100.64.8.254');
    await on('rs1', 'nginx -c /etc/nginx/lab.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done');
    const report = await json<TestReport>(['test', LAB]);
    expect(report.outcome).toBe('fail');
    expect(new Set(report.checks.map((check) => check.id)).size).toBe(report.checks.length);

    const broken = report.checks.filter((check) => check.id.includes('/reply-from-vip'));
    expect(broken.map(({ id, outcome }) => `${outcome} ${id}`)).toEqual([
      'fail nat/192.168.10.152:8000/reply-from-vip',
      'fail nat/192.168.10.152:8000/reply-from-vip/not-from-vip-by-router',
    ]);
    const [refused, around] = broken;
    expect(refused?.detail).toMatch(
      /^rs1 refused the connection \(RST\).*nothing listens on tcp port 8000 of rs1/,
    );
    expect(refused?.detail).toMatch(/\(4 of 8 connections, to rs1\)$/);
    expect(around?.detail).toMatch(
      /the SYN-ACK went rs2 eth0 → router eth1 → client eth0; the route of rs2 to 192\.168\.10\.193 goes by 100\.64\.8\.254 \(4 of 8 connections, to rs2\)$/,
    );
    const packets = (check: Check | undefined) =>
      check?.evidence.filter((line) => line.includes(' > ')) ?? [];
    expect(packets(refused)).toHaveLength(3);
    for (const line of packets(refused)) expect(line).toMatch(/^rs1 eth0 .*\[RST,ACK\]/);
    expect(packets(around)).toHaveLength(6);
    for (const line of packets(around)) expect(line).toMatch(/^(rs2|client) eth0 +100\.64\.8\.102:8000 >/);
    expect(refused?.evidence.at(-1)).toBe('… and 1 connection more, alike');

    const answers = report.checks.find((check) => check.id === 'answers')?.detail;
    expect(answers).toMatch(/^0 of 8 requests to \S+: 4 × .*timed out.*; 4 × .*Could not connect/);
  }, 60_000);
});
