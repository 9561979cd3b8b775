import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import { user } from './cli.ts';

const TOPOLOGY = join(import.meta.dirname, '../../examples/topologies/iptables.yaml');
const VIP = '203.0.113.100';
const ALL = `-d ${VIP} -p tcp -m multiport --dports 80,443`;

it('what needs iptables is refused by Debian’s embedded kernel, with its place in the file', async () => {
  const { lab } = user('iptables-debian');
  const up = await lab(['up', TOPOLOGY, '--kernel', 'debian']);
  expect(up.code).toBe(3);
  expect(up.stderr).toContain(`${TOPOLOGY}:6:9: needs iptables: Debian's embedded kernel has no iptables\n`);
  expect(JSON.parse((await lab(['list', '--json'])).stdout)).toMatchObject({ labs: [] });
});

describe('a director’s packets', () => {
  const { lab, on } = user('iptables');
  const checks = async () =>
    (JSON.parse((await lab(['test', 'iptables', '--json'])).stdout) as { checks: Check[] }).checks;
  const notPassed = async () => (await checks()).filter((check) => check.outcome !== 'pass');

  beforeAll(async () => {
    const up = await lab(['up', TOPOLOGY, '--kernel', 'lab']);
    expect(up.code, up.stderr).toBe(0);
    // From here on the student's own marks are all there are.
    await on('director', 'tc qdisc del dev eth0 clsact && tc qdisc del dev eth1 clsact 2>/dev/null || true');
  });
  afterAll(async () => {
    await lab(['down', 'iptables']);
  });

  it('are one persistent service by the marks of iptables', async () => {
    const without = await checks();
    expect(without.find(({ id }) => id === 'table mark 1')?.detail).toContain(
      `mark 1 for ${VIP}:443 on eth0 is missing`,
    );
    expect(without.find(({ id }) => id === `answers ${VIP}:443`)?.outcome).toBe('fail');
    await on('director', `iptables -t mangle -A PREROUTING ${ALL} -j MARK --set-mark 1`);
    expect(await notPassed()).toEqual([]);
    expect((await lab(['status', 'iptables'])).stdout).toContain('everything is as the plan says');
  });

  it('are no service where iptables marks one port alone', async () => {
    await on(
      'director',
      `iptables -t mangle -F && iptables -t mangle -A PREROUTING -d ${VIP} -p tcp --dport 80 -j MARK --set-mark 1`,
    );
    const broken = await notPassed();
    await on('director', 'iptables -t mangle -F');
    expect(broken.find(({ id }) => id === 'table mark 1')?.detail).toBe(
      `mark 1: differs from the plan: ${['eth0', 'eth1'].map((device) => `mark 1 for ${VIP}:443 on ${device} is missing`).join('; ')}`,
    );
    const ids = broken.map(({ id }) => id);
    expect(ids).toContain(`answers ${VIP}:443`);
    expect(ids).not.toContain(`answers ${VIP}:80`);
  });

  it('are one persistent service by the marks of nft', async () => {
    await on(
      'director',
      `nft add table ip lesson && nft 'add chain ip lesson marks { type filter hook prerouting priority mangle; }' &&
      nft 'add rule ip lesson marks ip daddr ${VIP} tcp dport { 80, 443 } counter meta mark set 1'`,
    );
    expect(await notPassed()).toEqual([]);
    expect(await on('director', 'nft list chain ip lesson marks')).toMatch(/counter packets [1-9]/);
  });

  it('are dropped by a rule of iptables, which is named', async () => {
    await on('director', `iptables -A INPUT ${ALL} -j DROP`);
    const broken = await notPassed();
    await on('director', 'iptables -F INPUT');
    expect(broken.find(({ id }) => id === `answers ${VIP}:80`)?.outcome).toBe('fail');
    expect(broken.map(({ detail }) => detail).join('\n')).toMatch(
      /filter INPUT drops it: .*--dports 80,443 -j DROP/,
    );
    expect(await notPassed()).toEqual([]);
  });

  it('take the director’s address by MASQUERADE on their way out', async () => {
    await on(
      'client1',
      `socat TCP-LISTEN:8000,fork,reuseaddr 'SYSTEM:echo $SOCAT_PEERADDR' </dev/null >/dev/null 2>&1 &`,
    );
    const peer = async () =>
      (await on('rs1', 'curl -s --http0.9 -m 3 http://203.0.113.101:8000/ || true')).trim();
    // The client knows no way to the real servers' network.
    expect(await peer()).toBe('');
    await on('director', 'iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -o eth0 -j MASQUERADE');
    let seen = '';
    for (let tries = 0; seen === '' && tries < 20; tries += 1) {
      seen = await peer();
      await sleep(100);
    }
    expect(seen).toBe('203.0.113.1');
    // And what is IPVS's stays its own.
    expect(await notPassed()).toEqual([]);
  });

  it('come back to a client among the real servers by MASQUERADE of what is IPVS’s', async () => {
    const ask = () => on('rs1', `curl -s -m 3 http://${VIP}/ || true`);
    await on('director', `iptables -t mangle -A PREROUTING ${ALL} -j MARK --set-mark 1`);
    await on('director', 'sysctl -qw net.ipv4.vs.conntrack=1');
    await on('director', `iptables -t nat -A POSTROUTING -m ipvs --vaddr ${VIP}/32 -j MASQUERADE`);
    const answers = await Promise.all(Array.from({ length: 4 }, ask));
    await on('director', 'iptables -t nat -D POSTROUTING 2; sysctl -qw net.ipv4.vs.conntrack=0');
    await on('director', 'iptables -t mangle -F');
    expect(answers.map((answer) => answer.trim())).toEqual(
      Array.from({ length: 4 }, () => expect.stringMatching(/^rs[12]$/) as string),
    );
  });

  it('reach another port by REDIRECT', async () => {
    const ask = () => on('director', 'curl -s -m 5 http://10.0.0.11:81/ || echo refused');
    expect((await ask()).trim()).toBe('refused');
    await on('rs1', 'iptables -t nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 80');
    expect((await ask()).trim()).toBe('rs1');
  });
});

describe('the VIP of direct routing', () => {
  const { lab, on } = user('arptables');
  const QUIET = [
    'arptables -A INPUT -d 192.0.2.100 -j DROP',
    'arptables -A OUTPUT -s 192.0.2.100 -j mangle --mangle-ip-s',
  ];

  beforeAll(async () => {
    const up = await lab(['up', 'dr', '--kernel', 'lab']);
    expect(up.code, up.stderr).toBe(0);
    for (const rs of ['rs1', 'rs2'])
      await on(rs, 'sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0');
  });
  afterAll(async () => {
    await lab(['down', 'dr']);
  });

  const judged = async () => {
    await on('client', 'ip neigh flush all');
    return (JSON.parse((await lab(['test', 'dr', '--json'])).stdout) as { checks: Check[] }).checks;
  };

  it('has several owners without any suppression, and one by arptables', async () => {
    const owner = (checks: Check[]) => checks.find(({ id }) => id.endsWith('one-arp-owner'));
    expect(owner(await judged())?.outcome).toBe('fail');
    for (const [rs, address] of [
      ['rs1', '192.0.2.11'],
      ['rs2', '192.0.2.12'],
    ])
      await on(rs ?? '', `${QUIET.join(' && ')} ${address ?? ''}`);
    const quiet = await judged();
    expect(quiet.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect(owner(quiet)?.detail).toContain('rs1 and rs2 saw the question and kept silent');
  });
});
