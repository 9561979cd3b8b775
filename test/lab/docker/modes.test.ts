import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine, type Engine } from '../../../src/docker/engine.ts';
import { LABEL } from '../../../src/docker/labels.ts';
import type { Check } from '../../../src/proof/check.ts';
import { leftOf, user } from '../cli.ts';

interface TestReport {
  outcome: string;
  checks: Check[];
}

/** Real ip_vs under real containers: a Docker engine in the embedded machine. */
describe.each(['nat', 'tun', 'dr'])('%s on Docker', (mode) => {
  const me = user(`docker-${mode}`);
  const { lab, on, json } = me;
  let engine: Engine;

  beforeAll(async () => {
    const up = await lab(['up', mode, '--machine', 'embedded', '--runtime', 'docker']);
    expect(up.code, up.stderr).toBe(0);
    engine = await connectEngine({
      url: `unix://${join(me.state, mode, 'docker.sock')}`,
      reason: 'the test',
      certificates: undefined,
    });
  });
  afterAll(async () => {
    expect((await lab(['down', mode])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  it('keeps every promise of the mode', async () => {
    const report = await json<TestReport>(['test', mode]);
    expect(report.outcome, JSON.stringify(report.checks, null, 1)).toBe('pass');
    expect(report.checks.filter((c) => c.title.startsWith(`${mode}:`)).length).toBeGreaterThanOrEqual(3);
  });

  it('is containers and networks, labelled, without privilege', async () => {
    const containers = await engine.docker.listContainers({ all: true });
    for (const { Names, Labels, Id } of containers) {
      expect(Names[0]).toMatch(new RegExp(`^/lvslab-${mode}-`));
      expect(Labels[LABEL.lab]).toBe(mode);
      expect(Labels[LABEL.version]).toMatch(/^\d/);
      const { HostConfig } = await engine.docker.getContainer(Id).inspect();
      expect(HostConfig.Privileged).toBe(false);
      expect(HostConfig.Binds ?? []).toEqual([]);
      expect(JSON.stringify(HostConfig.CapAdd)).not.toContain('SYS_ADMIN');
    }
    const status = await json<{ nodeStates: unknown[]; runtime: string }>(['status', mode]);
    expect(status.runtime).toBe('docker');
    expect(containers).toHaveLength(status.nodeStates.length);
  });

  it('fails with its cause when a real server loses the VIP or its way back, and is green again after', async () => {
    const [breaks, fixes, claim] = {
      nat: ['ip route del default', 'ip route add default via 10.0.0.1', 'answers'],
      tun: ['ip link set tunl0 down', 'ip link set tunl0 up', 'answers'],
      dr: [
        'sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0',
        'sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
        'dr: one',
      ],
    }[mode] as [string, string, string];
    await on('rs1', breaks);
    const broken = await lab(['test', mode, '--json']);
    expect(broken.code, broken.stdout).toBe(1);
    const { checks } = JSON.parse(broken.stdout) as TestReport;
    const failed = checks.filter((c) => c.outcome === 'fail').map((c) => c.title);
    expect(
      failed.some((name) => name.startsWith(claim.split(' ')[0] ?? '')),
      failed.join('; '),
    ).toBe(true);
    await on('rs1', fixes);
    for (const node of ['client', 'director']) await on(node, 'ip neigh flush all');
    expect((await json<TestReport>(['test', mode])).outcome).toBe('pass');
  });

  it('gives a container that was restarted by hand its configuration back', async () => {
    await engine.docker.getContainer(`lvslab-${mode}-director`).restart();
    expect((await lab(['exec', 'director', '--', 'ipvsadm', '-Ln'])).stdout).not.toContain('->  ');
    expect((await lab(['list'])).stdout).toMatch(new RegExp(`${mode}\\s+damaged`));
    const up = await lab(['up', mode]);
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toContain('director configured anew');
    expect((await json<TestReport>(['test', mode])).outcome).toBe('pass');
  });
});

describe('the other lessons on Docker', () => {
  const { lab, state } = user('docker-lessons');

  it.each([
    ['schedulers'],
    ['persistence', 'mark', 'udp', 'udp-one-packet'],
    ['dual', 'nat6', 'tun6', 'tun-mixed'],
    ['health', 'health-keepalived', 'failover', 'failover-nat', 'sync'],
    ['hybrid', 'haproxy'],
  ])(
    'are green: %s …',
    async (...topologies) => {
      const result = await lab(['verify', ...topologies, '--machine', 'embedded', '--runtime', 'docker']);
      expect(result.code, result.stdout + result.stderr).toBe(0);
      expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
    },
    300_000,
  );
});
