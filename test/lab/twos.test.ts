import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import { user } from './cli.ts';

const TOPOLOGY = join(import.meta.dirname, '../../examples/topologies/twos.yaml');

it('twos is refused by Debian’s embedded kernel, with its place in the file, and nothing is made', async () => {
  const { lab } = user('twos-debian');
  const up = await lab(['up', TOPOLOGY, '--kernel', 'debian']);
  expect(up.code).toBe(3);
  expect(up.stderr).toContain(
    `${TOPOLOGY}:14:36: scheduler twos: Debian's embedded kernel has no ip_vs_twos\n`,
  );
  expect(up.stderr).toContain('lab kernel build');
  expect(JSON.parse((await lab(['list', '--json'])).stdout)).toMatchObject({ labs: [] });
});

it('what is told of Debian’s embedded kernel is so', async () => {
  const { lab, on } = user('debian-parts');
  const up = await lab(['up', 'nat', '--kernel', 'debian']);
  expect(up.code, up.stderr).toBe(0);
  const refused = async (line: string) =>
    `${line}: ${(await on('director', `${line} 2>/dev/null && echo works || echo fails`)).trim()}`;
  for (const line of [
    'ipvsadm -A -f 9 -s twos',
    'iptables -t mangle -A OUTPUT -j MARK --set-mark 1',
    'iptables-legacy -t nat -A POSTROUTING -j MASQUERADE',
    'arptables -A INPUT -d 192.0.2.1 -j DROP',
    'nft add table inet lab',
  ])
    expect(await refused(line)).toBe(`${line}: fails`);
  expect((await lab(['down', 'nat'])).code).toBe(0);
});

describe('lots of twos', { timeout: 300_000 }, () => {
  const { lab, on } = user('twos');
  const VIPS = ['192.0.2.200', '192.0.2.201'];
  const judged = async () => {
    const { checks } = JSON.parse((await lab(['test', 'twos', '--json'])).stdout) as { checks: Check[] };
    return { checks, schedulers: VIPS.map((vip) => checks.find(({ id }) => id === `scheduler ${vip}:80`)) };
  };
  const reschedule = (scheduler: string) =>
    on('director', VIPS.map((vip) => `ipvsadm -E -t ${vip}:80 -s ${scheduler}`).join(' && '));

  beforeAll(async () => {
    const up = await lab(['up', TOPOLOGY, '--kernel', 'lab']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', 'twos']);
  });

  it('are green, with equal weights and with others', async () => {
    const { checks, schedulers } = await judged();
    expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    for (const check of schedulers)
      expect(check?.detail).toMatch(/: 128 connections held open .*two that were drawn by lot/);
  });

  it.each(['wlc', 'rr', 'sed', 'sh'])('are not what %s does, by the traffic alone', async (scheduler) => {
    await reschedule(scheduler);
    const { schedulers } = await judged();
    expect(schedulers.map((check) => check?.outcome)).toEqual(['fail', 'fail']);
    for (const check of schedulers) expect(check?.detail).toContain('lots hardly ever fall like that');
  });

  it('are green again', async () => {
    await reschedule('twos');
    expect((await lab(['test', 'twos'])).code).toBe(0);
  });
});
