import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { user } from '../cli.ts';

const FILE = join(import.meta.dirname, '../../fixtures/cases/c03-onearm-nat.yaml');
const { lab, on, json } = user('c03');

beforeAll(async () => {
  const up = await lab(['up', FILE]);
  expect(up.code, up.stderr).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
});

it('replies go by the stated gateway, the director, though the router is on the same network', async () => {
  expect(await on('rs1', 'ip route get 203.0.113.101')).toContain('via 192.168.50.253');
  const { checks } = await json<{ checks: Check[] }>(['test']);
  expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
  expect(checks.find((check) => check.id.endsWith('/replies-pass-director'))?.detail).toMatch(
    /^replies went rs1 eth0 → director eth0 → router eth1 → client eth0/,
  );
});

it('the director tells nobody of the shorter way, which a real server might take', async () => {
  const told = async (): Promise<number> => {
    await on('client', 'for i in 1 2; do curl -s -m 2 -o /dev/null http://192.168.50.250/; done');
    const line = await on('rs1', 'nstat -asz IcmpInRedirects | grep IcmpInRedirects');
    return Number(line.split(/\s+/)[1]);
  };
  expect(await told()).toBe(0);
  // Without what the plan sets.
  await on('director', 'sysctl -qw net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.eth0.send_redirects=1');
  expect(await told()).toBeGreaterThan(0);
  expect((await lab(['status'])).stdout).toContain('send_redirects');
  await lab(['reset']);
  expect(await on('director', 'sysctl -n net.ipv4.conf.eth0.send_redirects')).toBe('0');
});
