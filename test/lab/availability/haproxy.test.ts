import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModeFigures } from '../../../src/commands/compare.ts';
import type { Check } from '../../../src/proof/check.ts';
import { leftOf, user } from '../cli.ts';

const { lab, json, on, state } = user('haproxy');

beforeAll(async () => {
  const ran = await lab(['up', 'haproxy']);
  expect(ran.code, ran.stderr).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
});

const CONFIG = '/etc/haproxy/haproxy.cfg';
/** Waits for the old process: until it ends it may still take connections. */
const RELOAD = `old=$(cat /run/haproxy.pid)
haproxy -D -f ${CONFIG} -p /run/haproxy.pid -sf $old 3>>/var/log/haproxy.log
while kill -0 $old 2>/dev/null; do sleep 0.1; done`;

async function checks(): Promise<Map<string, Check>> {
  const { checks } = await json<{ checks: Check[] }>(['test', 'haproxy']);
  return new Map(checks.map((check) => [check.id, check]));
}

async function isGreen(): Promise<void> {
  const all = await checks();
  expect([...all.values()].filter((c) => c.outcome !== 'pass')).toEqual([]);
  for (const id of [
    'two-connections',
    'source-is-proxy',
    'header-names-client',
    'reply-from-vip',
    'server-apart',
  ])
    expect(all.get(`proxy/${id}`)?.outcome).toBe('pass');
}

it('keeps every promise, and nothing differs from the plan', async () => {
  await isGreen();
  const status = await json<{ differences: unknown[]; unread: unknown[] }>(['status', 'haproxy']);
  expect(status.differences).toEqual([]);
  expect(status.unread).toEqual([]);
});

it.each([
  [
    'the header is left out',
    '/forwardfor/d',
    'header-names-client',
    /without X-Forwarded-For/,
    /X?Forwarded|10\.0\.0\.1:/,
  ],
  [
    'the proxy pretends to be another',
    's/weight 1$/& source 10.0.0.77/',
    'source-is-proxy',
    /asked from 10\.0\.0\.77/,
    /10\.0\.0\.77/,
  ],
])('fails when %s, names the packet, and is green again', async (_, edit, id, why, packet) => {
  const extra = 'ip addr add 10.0.0.77/24 dev eth1';
  await on('proxy', `${extra}; cp ${CONFIG} /tmp/kept; sed -i '${edit}' ${CONFIG}; ${RELOAD}`);
  const check = (await checks()).get(`proxy/${id}`);
  expect(check?.outcome, JSON.stringify(check)).toBe('fail');
  expect(check?.detail).toMatch(why);
  expect(check?.evidence.join('\n')).toMatch(packet);
  await on('proxy', `ip addr del 10.0.0.77/24 dev eth1; cp /tmp/kept ${CONFIG}; ${RELOAD}`);
  await isGreen();
});

it('fails when the proxy is ended, and lab heal starts it again', async () => {
  expect((await lab(['fail', 'proxy', 'haproxy'])).code).toBe(0);
  const all = await checks();
  for (const id of ['two-connections', 'reply-from-vip'])
    expect(all.get(`proxy/${id}`)?.outcome).toBe('fail');
  expect((await lab(['heal'])).code).toBe(0);
  await isGreen();
});

it('fails when a client’s packets reach the real servers’ network', async () => {
  await on('rs1', 'ip route add 203.0.113.0/24 via 10.0.0.1');
  await on('proxy', 'sysctl -qw net.ipv4.ip_forward=1');
  await on('client', 'ip route add 10.0.0.0/24 via 203.0.113.1');
  // So often that some fall in any test's time, however short.
  const often = 'for i in $(seq 150); do curl -so /dev/null -m 1 http://10.0.0.11/; done';
  await on('client', `(${often}) >/dev/null 2>&1 &`);
  const check = (await checks()).get('proxy/server-apart');
  expect(check?.outcome, JSON.stringify(check)).toBe('fail');
  expect(check?.evidence.join('\n')).toContain('203.0.113.101');
});

it('differs from IPVS in what comes to the real server, and the comparison shows it', async () => {
  const { figures } = await json<{ figures: ModeFigures[] }>(['compare', 'nat', 'dr', 'haproxy']);
  expect(figures.map(({ mode, request }) => ({ mode, ...request }))).toEqual([
    {
      mode: 'nat',
      connections: 1,
      source: '203.0.113.101 (client)',
      destination: expect.stringMatching(/^10\.0\.0\.1\d \(rs\d\)$/) as string,
      ttl: 63,
    },
    {
      mode: 'dr',
      connections: 1,
      source: '192.0.2.101 (client)',
      destination: '192.0.2.100 (VIP)',
      ttl: 63,
    },
    {
      mode: 'proxy',
      connections: 2,
      source: '10.0.0.1 (proxy)',
      destination: '10.0.0.11 (rs1)',
      ttl: 64,
      forwardedFor: '203.0.113.101',
    },
  ]);
});
