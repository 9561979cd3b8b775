import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkReport } from '../../../src/commands/link.ts';
import type { ResetReport } from '../../../src/commands/reset.ts';
import type { StatusReport } from '../../../src/commands/status.ts';
import { connectEngine } from '../../../src/docker/engine.ts';
import { leftOf, user } from '../cli.ts';

describe('a lab of containers that somebody changes', () => {
  const me = user('docker-reset');
  const { lab, on, json } = me;
  const differences = async () =>
    (await json<StatusReport>(['status', 'nat'])).differences
      .map((d) => `${d.node} ${d.kind} ${d.state}`)
      .sort();

  beforeAll(async () => {
    const up = await lab(['up', 'nat', '--machine', 'embedded', '--runtime', 'docker']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  it('does not differ before anything was done', async () => {
    expect(await json<StatusReport>(['status', 'nat'])).toMatchObject({ differences: [], unread: [] });
  });

  it('shows what was done, and is put back', async () => {
    await on('director', 'ipvsadm -E -t vip:80 -s wrr; sysctl -qw net.ipv4.vs.conntrack=1');
    await on('rs1', 'ip link set eth0 down; ip addr add 10.0.0.77/24 dev eth0');
    const { links } = await json<{ links: LinkReport[] }>(['link', 'rs2', '--delay', '20ms']);
    expect(links[0]?.quality).toEqual({ delay: '20ms' });
    expect(await differences()).toEqual([
      'director service changed',
      'director sysctl changed',
      'rs1 address extra',
      'rs1 link changed',
      'rs1 route missing',
      'rs1 route missing',
      'rs2 link quality extra',
    ]);
    expect((await json<ResetReport>(['reset', 'nat'])).left).toEqual([]);
    expect(await differences()).toEqual([]);
    expect((await lab(['test', 'nat'])).code).toBe(0);
  });

  it('gets back what a restart made a container forget', async () => {
    const engine = await connectEngine({
      url: `unix://${join(me.state, 'nat', 'docker.sock')}`,
      reason: 'the test',
      certificates: undefined,
    });
    await engine.docker.getContainer('lvslab-nat-director').restart();
    const status = await lab(['status', 'nat']);
    expect(status.stdout).toContain('director: not compared: it was restarted');
    expect(status.stdout).not.toContain('everything is as the plan says');
    const reset = await json<ResetReport>(['reset', 'nat']);
    expect(reset).toMatchObject({ left: [], dead: [] });
    expect(reset.differences.map((d) => d.kind)).toContain('service');
    expect((await lab(['test', 'nat'])).code).toBe(0);
  });

  it('is watched by one command that ends with the watch', async () => {
    const lines = (await lab(['watch', 'nat', '--json', '-i', '0.3', '-n', '3'])).stdout.split('\n');
    expect(lines).toHaveLength(3);
    let left = '1';
    for (let tries = 0; left !== '0' && tries < 50; tries += 1)
      left = await on('director', "ps -e -o args= | grep -c '[r]ead -r _' || :");
    expect(left).toBe('0');
  });
});
