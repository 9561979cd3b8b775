import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkReport } from '../../src/commands/link.ts';
import type { StatusReport } from '../../src/commands/status.ts';
import { leftOf, user } from './cli.ts';

// Two networks, so that one can be the control of the other.
const TOPOLOGY = `lvslab: 1
name: links
networks:
  slow: { subnet: 10.1.0.0/24, delay: 60ms, jitter: 5ms }
  plain: 10.2.0.0/24
nodes:
  client: { on: [slow, plain] }
  rs1: { on: { slow: auto, plain: auto } }
  rs2: { on: { slow: { delay: 0ms, jitter: 0ms }, plain: auto } }
`;

/** Bytes of the transfers that measure rates. */
const SIZE = 400_000;

describe('the quality of links', () => {
  const me = user('links');
  const { lab, on, json } = me;
  const links = async (...argv: string[]) => (await json<{ links: LinkReport[] }>(['link', ...argv])).links;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvslab-links-'));
    const file = join(folder, 'links.yaml');
    writeFileSync(file, TOPOLOGY);
    const up = await lab(['up', file, '--machine', 'embedded']);
    rmSync(folder, { recursive: true });
    expect(up.code, up.stderr).toBe(0);
    await on('rs1', `head -c ${SIZE} /dev/zero > /srv/www/big`);
  });
  afterAll(async () => {
    expect((await lab(['down', 'links'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  /** Fastest and slowest of some round trips, in milliseconds; the first may wait for ARP and is not counted. */
  const ping = async (address: string, count = 10, size = 56): Promise<{ min: number; lost: number }> => {
    await lab(['exec', 'client', '--', 'ping', '-qc', '1', '-W', '2', address]);
    const ran = await lab([
      'exec',
      'client',
      '--',
      'ping',
      '-qc',
      String(count),
      '-i',
      '0.01',
      '-W',
      '5',
      '-s',
      String(size),
      address,
    ]);
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(ran.stdout) ?? [];
    const [, min] = /= ([\d.]+)\//.exec(ran.stdout) ?? [];
    return { min: Number(min), lost: Number(sent) - Number(received) };
  };
  const download = async (address: string): Promise<number> => {
    const seconds = await on(
      'client',
      `curl -sSo /dev/null -w '%{time_total} %{size_download}' http://${address}/big`,
    );
    expect(seconds).toMatch(new RegExp(` ${SIZE}$`));
    return Number(seconds.split(' ')[0]);
  };

  it('of a network delays each direction once, those who opted out not, and no other network', async () => {
    // 60 ms ± 5 there, as much back: 110 ms at the least. A delay only grows on a busy machine.
    expect((await ping('10.1.0.11')).min).toBeGreaterThanOrEqual(110);
    const half = (await ping('10.1.0.12')).min;
    expect(half).toBeGreaterThanOrEqual(55);
    expect(half).toBeLessThan(110);
    expect((await ping('10.2.0.11')).min).toBeLessThan(30);
  });

  it('is shown by link and status, as planned', async () => {
    const shown = await links();
    expect(shown.map((l) => [l.node, l.device, l.network, l.state, l.quality])).toEqual([
      ['client', 'eth0', 'slow', 'up', { delay: '60ms', jitter: '5ms' }],
      ['client', 'eth1', 'plain', 'up', {}],
      ['rs1', 'eth0', 'slow', 'up', { delay: '60ms', jitter: '5ms' }],
      ['rs1', 'eth1', 'plain', 'up', {}],
      ['rs2', 'eth0', 'slow', 'up', {}],
      ['rs2', 'eth1', 'plain', 'up', {}],
    ]);
    const status = await json<StatusReport>(['status', 'links']);
    expect(status.differences).toEqual([]);
    expect(status.links.map((l) => `${l.node}:${l.device}`)).toEqual(['client:eth0', 'rs1:eth0']);
    expect((await lab(['status', 'links'])).stdout).toMatch(/rs1 +eth0 +delay 60ms jitter 5ms/);
  });

  it('changes at run time, measure by measure, and a reset puts the plan’s back', async () => {
    expect((await links('rs1:eth1', '--delay', '150ms')).map((l) => l.quality)).toEqual([{ delay: '150ms' }]);
    expect((await ping('10.2.0.11', 5)).min).toBeGreaterThanOrEqual(150);
    expect((await links('links/rs1:eth1', '--loss', '0.5%'))[0]?.quality).toEqual({
      delay: '150ms',
      loss: '0.5%',
    });
    expect((await links('rs1:eth0', '--clear'))[0]?.quality).toEqual({});
    const { differences } = await json<StatusReport>(['status', 'links']);
    expect(differences.map((d) => [d.node, d.kind, d.name, d.state])).toEqual([
      ['rs1', 'link quality', 'eth0', 'missing'],
      ['rs1', 'link quality', 'eth1', 'extra'],
    ]);
    expect((await lab(['reset', 'links', 'rs1'])).code).toBe(0);
    expect((await links('rs1')).map((l) => l.quality)).toEqual([{ delay: '60ms', jitter: '5ms' }, {}]);
    expect((await ping('10.2.0.11', 5)).min).toBeLessThan(30);
  });

  it('limits the rate of what is sent, and of nothing else', async () => {
    const free = await download('10.2.0.11');
    await links('rs1:eth1', '--rate', '2mbit');
    // 400 kB at 2 Mbit/s are 1.6 s, whatever the machine does; headers make it a little more.
    const limited = await download('10.2.0.11');
    await links('rs1:eth1', '--clear');
    expect(limited).toBeGreaterThanOrEqual(1.6);
    expect(free).toBeLessThan(1.2);
    // The client sends no more than requests and acknowledgements: its own rate is not what counts.
    await links('client:eth1', '--rate', '2mbit');
    expect(await download('10.2.0.11')).toBeLessThan(1.2);
    await links('client:eth1', '--clear');
  });

  it('loses the stated share of packets', async () => {
    // Without loss none of 400 is lost. At 30 % of the requests, 120 ± 9 of them: fewer than 66 or more than 180 are
    // more than 5.8 standard deviations away, less than one in a hundred million.
    expect((await ping('10.2.0.11', 400)).lost).toBe(0);
    await links('client:eth1', '--loss', '30%');
    const { lost } = await ping('10.2.0.11', 400);
    await links('client:eth1', '--clear');
    expect(lost).toBeGreaterThan(65);
    expect(lost).toBeLessThan(181);
  });

  it('sets every interface of a network at once, and leaves the others', async () => {
    const set = await links('plain', '--delay', '40ms');
    expect(set.map((l) => `${l.node}:${l.device}`)).toEqual(['client:eth1', 'rs1:eth1', 'rs2:eth1']);
    expect((await ping('10.2.0.12', 5)).min).toBeGreaterThanOrEqual(80);
    await links('plain', '--clear');
    expect((await ping('10.2.0.12', 5)).min).toBeLessThan(30);
  });

  it('takes a link down and up again with its routes', async () => {
    await on('rs1', 'ip route replace 192.0.2.0/24 via 10.2.0.101');
    expect((await links('rs1:eth1', '--down'))[0]?.state).toBe('down');
    expect(
      (await lab(['exec', 'client', '--', 'ping', '-qc', '2', '-i', '0.2', '-W', '1', '10.2.0.11'])).code,
    ).toBe(1);
    expect((await lab(['status', 'links'])).stdout).toMatch(/rs1 +link eth1 +state down, not up/);
    expect((await links('rs1:eth1', '--up'))[0]?.state).toBe('up');
    expect((await ping('10.2.0.11', 3)).lost).toBe(0);
    expect((await json<StatusReport>(['status', 'links'])).differences).toEqual([]);
  });

  it.each([
    [['rs1', '--delay', '20'], 'a time with its unit'],
    [['rs1', '--loss', '120%'], 'a percentage from 0% to 100%'],
    [['rs1', '--rate', '10mbps'], 'bits in a second'],
    [['rs1:eth1', '--jitter', '5ms'], 'jitter 5ms varies a delay, and there is none'],
    [['rs1:eth7'], 'its interfaces: eth0 (on slow), eth1 (on plain)'],
    [['plain:eth0'], 'an interface is NODE:eth0'],
    [['rs9'], 'no lab rs9 is up'],
    [['rs1', '--up', '--down'], 'cannot be used with'],
  ])('refuses %j', async (argv, said) => {
    const ran = await lab(['link', ...argv]);
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stderr).toContain(said);
  });
});
