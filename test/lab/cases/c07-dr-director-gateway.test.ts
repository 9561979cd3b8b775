import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { user } from '../cli.ts';

const FILE = join(import.meta.dirname, '../../fixtures/cases/c07-dr-director-gateway.yaml');
const { lab, on, json } = user('c07');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-c07-'));

afterAll(async () => {
  await lab(['down', '--all']);
  rmSync(folder, { recursive: true });
});

async function tested(): Promise<Check[]> {
  return (await json<{ checks: Check[] }>(['test'])).checks;
}

describe('DR with the director as the real servers’ gateway', () => {
  beforeAll(async () => {
    const up = await lab(['up', FILE]);
    expect(up.code, up.stderr).toBe(0);
  });

  it('is green, and says that replies pass the director', async () => {
    const checks = await tested();
    expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    const pass = checks.find((check) => check.title === 'dr: replies pass director');
    expect(pass?.detail).toMatch(
      /^replies went (rs[12]) eth0 → director eth1 → client eth0, and left the real server with the VIP as their source \(\d+ connections, to rs[12]\)$/,
    );
    expect(checks.map(({ title }) => title)).not.toContain('dr: replies bypass director');
    expect((await lab(['trace'])).stdout).toMatch(
      /\nSYN-ACK +rs[12] eth0 → director eth1 [^]*\n✔ Every reply passes the director, the real server's gateway/,
    );
    expect((await lab(['status'])).stdout).toContain('everything is as the plan says');
  });

  it.each(['eth1.accept_local=0', 'eth1.rp_filter=1'])('fails with %s on the director', async (setting) => {
    await on('director', `sysctl -qw net.ipv4.conf.${setting}`);
    const asked = await lab(['exec', 'client', '--', 'curl', '-sm', '1', 'http://172.16.10.30:3128/']);
    expect(asked.code).toBe(28);
    expect((await lab(['status'])).stdout).toContain(setting.replace(/=.*/, ''));
    await lab(['reset']);
    expect(await on('client', 'curl -sm 2 http://172.16.10.30:3128/')).toMatch(/rs[12]/);
  });
});

it('TUN, IPv6, and clients that the real servers reach by themselves, each by its own way', async () => {
  await lab(['down', '--all']);
  writeFileSync(
    join(folder, 'relatives.yaml'),
    `lvslab: 1
networks: { dmz: [172.16.10.0/24, '2001:db8:1::/64'], lbn: [172.28.10.0/24, '2001:db8:2::/64'] }
nodes:
  client: { on: dmz }
  insider: { on: lbn, role: client }
  router: { on: [dmz, lbn] }
  director: { on: [dmz, lbn] }
  rs: { on: lbn, count: 2, gateway: director }
services:
  - { vip: 172.16.10.30, mode: dr }
  - { vip: '2001:db8:1::30', mode: dr }
  - { vip: 172.28.10.31, mode: tun }
`,
  );
  const up = await lab(['up', join(folder, 'relatives.yaml')]);
  expect(up.code, up.stderr).toBe(0);
  const green = await tested();
  expect(green.filter((check) => check.outcome !== 'pass')).toEqual([]);
  const ways = green.filter((check) => /replies (pass|bypass)/.test(check.title));
  expect(ways.map(({ id }) => id.split(' ')[0])).toEqual(
    ['dr/172.16.10.30:80', 'dr/[2001:db8:1::30]:80', 'tun/172.28.10.31:80'].flatMap((service) => [
      `${service}/replies-bypass-director`,
      `${service}/replies-pass-director`,
    ]),
  );
  expect(ways[0]?.detail).toContain('replies went rs1 eth0 → insider eth0');
  expect(ways[1]?.detail).toContain('replies went rs1 eth0 → director eth1 → client eth0');

  await on('rs1', 'ip route replace default via 172.28.10.254');
  const red = (await tested()).filter((check) => check.outcome !== 'pass');
  await lab(['reset']);
  expect(red.map(({ id }) => id.split(' ')[0])).toEqual([
    'dr/172.16.10.30:80/replies-pass-director',
    'tun/172.28.10.31:80/replies-pass-director',
  ]);
  expect(red[0]?.detail).toMatch(/went rs1 eth0 → router eth1 → client eth0, past the director/);
});
