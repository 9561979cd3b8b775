import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { leftOf, user } from '../cli.ts';
import { broken, timeline } from './timeline.ts';

const me = user('hybrid');
const { lab, json, on, state } = me;
const folder = mkdtempSync(join(tmpdir(), 'hybrid-'));

afterEach(async () => {
  await lab(['down', '--all']);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
});

async function up(topology: string): Promise<void> {
  const ran = await lab(['up', topology]);
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
}

/** Details of the checks that are about the name, by title. */
async function nameChecks(): Promise<Record<string, Pick<Check, 'outcome' | 'detail'>>> {
  const { checks } = await json<{ checks: Check[] }>(['test']);
  return Object.fromEntries(
    checks
      .filter((c) => c.id.startsWith('name-'))
      .map(({ title, outcome, detail }) => [title, { outcome, detail }]),
  );
}

describe('two NAT directors behind one name', () => {
  beforeEach(async () => {
    await up('hybrid');
  });

  it('share the clients, keep to their pools, and carry twice as much', async () => {
    expect(await broken(me)).toEqual([]);
    const checks = await nameChecks();
    expect(Object.values(checks).map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(checks['name spreads']?.detail).toMatch(/director1 \(192\.0\.2\.201\) \d, director2/);
    expect(checks['scales with directors']?.detail).toMatch(/2 directors .*: (1\.[5-9]|2\.\d) times/);
    expect((await lab(['status'])).stdout).toContain('everything is as the plan says');
  });

  it('do not share where the name server gives the same address first each time, or no answer', async () => {
    await on(
      'dns',
      'echo no-round-robin >>/etc/names.conf; kill $(cat /run/names.pid); sleep 0.3; dnsmasq -C /etc/names.conf',
    );
    let checks = await nameChecks();
    expect(checks['name resolves']).toMatchObject({ outcome: 'fail' });
    expect(checks['name resolves']?.detail).toContain('no turns');
    expect(checks['name spreads']).toMatchObject({ outcome: 'fail' });
    expect(checks['own pool each']).toMatchObject({ outcome: 'pass' });
    expect((await lab(['status'])).stdout).toContain('/etc/names.conf');

    await lab(['reset']);
    await lab(['fail', 'dns', 'names']);
    checks = await nameChecks();
    expect(checks['name resolves']?.detail).toContain('nothing');
    expect(checks['name spreads']).toMatchObject({ outcome: 'fail' });
    expect((await lab(['status'])).stdout).toContain('names DOWN');

    await lab(['heal']);
    expect(await broken(me)).toEqual([]);
  });

  it('do not keep to their pools where one takes the address of the other', async () => {
    const mac = (await on('director2', 'cat /sys/class/net/eth0/address')).trim();
    await on(
      'director2',
      'ip addr add 192.0.2.201/32 dev eth0; ipvsadm -A -t 192.0.2.201:80 -s rr; ipvsadm -a -t 192.0.2.201:80 -r 10.2.0.11 -m',
    );
    for (const client of ['client1', 'client2'])
      await on(client, `ip neigh replace 192.0.2.201 lladdr ${mac} dev eth0`);
    const checks = await nameChecks();
    expect(checks['own pool each']?.detail).toContain(
      'asked 192.0.2.201 and was answered by rs3, which is not of its pool (rs1, rs2)',
    );
    expect(checks['name resolves']).toMatchObject({ outcome: 'pass' });
  });

  it('gain nothing where the limit is not at the directors', async () => {
    await on('director1', 'tc qdisc del dev eth0 root');
    expect((await nameChecks())['scales with directors']).toMatchObject({ outcome: 'fail' });
    await lab(['reset']);
    // Now the client itself is what is slow: it takes no more, however many send.
    await on(
      'client1',
      'tc qdisc add dev eth0 ingress; tc filter add dev eth0 ingress matchall action police rate 10mbit burst 64k drop',
    );
    const { outcome, detail } = (await nameChecks())['scales with directors'] ?? {};
    expect(outcome, detail).toBe('fail');
  });

  it('stand in for one another: whoever asks by name waits a moment, whoever asks by address fails', async () => {
    const { clients } = await timeline(me, 12, '2s fail director1', '10s heal');
    const named = clients.find(({ service }) => service === 'www.lab.test');
    const first = clients.find(({ service }) => service === '192.0.2.201:80');
    const second = clients.find(({ service }) => service === '192.0.2.202:80');
    expect(first?.failed).toBeGreaterThan(3);
    expect(second?.failed).toBe(0);
    expect(named?.failed).toBe(0);
    const waited = named?.requests.filter(({ began, ended }) => ended - began >= 150).length ?? 0;
    expect(waited).toBeGreaterThan(3);
  });
});

it('a name with one address has nobody to stand in', async () => {
  const file = join(folder, 'alone.yaml');
  const text = readFileSync('topologies/hybrid.yaml', 'utf8');
  writeFileSync(file, text.replace('[192.0.2.201, 192.0.2.202]', '192.0.2.201'));
  await up(file);
  const { clients } = await timeline(me, 7, '1s fail director1');
  const named = clients.find(({ service }) => service === 'www.lab.test');
  expect(named?.failed).toBeGreaterThan(2);
  expect(named?.outages[0]?.over).toBe(false);
});
