import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../../src/commands/status.ts';
import { leftOf, user } from '../cli.ts';
import { broken, delayOf, download, timeline, upChanged, whoIs } from './cluster.ts';

const me = user('failover');
const { lab, json, on, state } = me;
const VIPS = { ARP: '192.0.2.100', 'neighbour advertisement': '2001:db8:1::100' };

/** Milliseconds: three intervals, and (256 − priority) of 256 parts of one (RFC 5798, 6.1). */
const down = (priority: number) => 3000 + ((256 - priority) / 256) * 1000;
/** For a guest that is busy with other things. */
const SLACK = 2500;

beforeAll(async () => {
  const up = await lab(['up', 'failover']);
  expect(up.code, up.stderr).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
});

describe('two directors with VRRP and the sync daemon', () => {
  it('are one that has the VIPs, and one that knows its connections', async () => {
    expect(await whoIs(me, 'failover')).toEqual({
      active: ['director1'],
      sync: ['director1 master', 'director2 backup'],
    });
    expect(await broken(me, 'failover')).toEqual([]);
    expect((await json<StatusReport>(['status', 'failover'])).differences).toEqual([]);
  });

  it('when the first one dies the other has the VIPs in time, says so, and gives them back', async () => {
    const report = await timeline(me, 'failover', 22, '2s fail director1', '10s heal director1');
    const failed = report.events.find((e) => e.source === 'action')?.time ?? '';
    const began = Date.parse(failed);
    const [fell, healed] = report.noticed;
    for (const [how, vip] of Object.entries(VIPS)) {
      const taken = delayOf(report, /has no power/, new RegExp(`^${how}: ${vip} is at director2 eth0`));
      // The master spoke last up to one interval before it died.
      expect(taken).toBeGreaterThan(down(190) - 1000 - 100);
      const dark = report.clients.find(({ service }) => service.includes(vip))?.outages[0]?.from ?? 0;
      expect(dark).toBeGreaterThanOrEqual(began - 10);
      expect(began + (taken ?? Infinity) - dark).toBeLessThan(down(190) + SLACK);
      const back = delayOf(report, /healed/, new RegExp(`^${how}: ${vip} is at director1 eth0`));
      expect(back).toBeGreaterThan(down(200) - 100);
      // Its whole plan is run first, and keepalived has to start.
      expect(back).toBeLessThan(down(200) + 2 * SLACK);
      const moved = (by: string, after = NaN) => ({ address: vip, by, seconds: after / 1000 });
      expect(fell?.takeovers).toContainEqual(moved('director2', taken));
      expect(healed?.takeovers).toContainEqual(moved('director1', back));
    }
    expect(fell?.change).toBeUndefined();
    expect(healed?.change).toMatch(/^director1: tcp .* added/);
    // Of a dead director nothing is heard, and it has not seen itself die.
    const revived = report.events.findLast((e) => e.source === 'action')?.time ?? '';
    const heard = report.events.filter(
      ({ node, time }) => node === 'director1' && time >= failed && time < revived,
    );
    expect(heard.map(({ text }) => text)).toEqual(['director1 has no power']);
    expect(await on('failover/director1', 'cat /var/log/vrrp_vrrp.log')).not.toMatch(/FAULT|eth0 down/);
    // Nobody announces anything where nothing happens.
    expect(report.events.filter((e) => e.source === 'announcement' && e.time < failed)).toEqual([]);
    for (const { outages, failed: count, sent } of report.clients) {
      const [outage] = outages;
      expect(outage?.over).toBe(true);
      // A request in the dark waits for a second; then the next one is answered.
      expect((outage?.until ?? 0) - (outage?.from ?? 0)).toBeLessThan(down(190) + SLACK + 1000);
      expect(fell?.requests?.map(({ seconds }) => seconds)).toContain(
        ((outage?.recovered ?? 0) - began) / 1000,
      );
      expect(sent - count).toBeGreaterThan(30);
    }
    expect(await whoIs(me, 'failover')).toMatchObject({ active: ['director1'] });
    expect(await broken(me, 'failover')).toEqual([]);
  });

  it('a download outlives the one that carried it, and that it comes back', async () => {
    const { ended } = await download(me, 'failover', VIPS.ARP);
    const report = await timeline(me, 'failover', 11, '1s fail director1', '6s heal director1');
    const back = report.events.findLast((e) => e.source === 'announcement' && e.text.includes('director1'));
    const { at, ...how } = await ended;
    expect(how).toEqual({ code: 0, said: '', whole: true });
    expect(at).toBeGreaterThan(Date.parse(back?.time ?? ''));
  });

  it('nobody takes over where keepalived of the other is dead', async () => {
    await lab(['fail', 'failover/director2', 'vrrp']);
    const report = await timeline(me, 'failover', 10, '1s fail director1');
    expect(report.events.filter((e) => e.source === 'announcement')).toEqual([]);
    for (const { outages } of report.clients) expect(outages.map(({ over }) => over)).toEqual([false]);
    expect(report.noticed[0]?.takeovers).toEqual([]);
    expect(report.noticed[0]?.requests?.map(({ seconds }) => seconds)).toEqual([undefined, undefined]);
    expect(await whoIs(me, 'failover')).toMatchObject({ active: [] });
    expect((await lab(['reset', 'failover'])).code).toBe(0);
    expect(await broken(me, 'failover')).toEqual([]);
  });

  it('both have the VIPs where the first one’s keepalived hangs, and test and status say so', async () => {
    await lab(['fail', 'failover/director1', 'vrrp', '--how', 'freeze']);
    await sleep(down(190) + SLACK);
    expect(await broken(me, 'failover')).toEqual(
      expect.arrayContaining(['dr: one arp owner', 'dr: one neighbour owner']),
    );
    expect(await whoIs(me, 'failover')).toMatchObject({ active: ['director1', 'director2'] });
    expect((await lab(['status', 'failover'])).stdout).toContain('are at director1 and at director2');
    expect((await lab(['reset', 'failover'])).code).toBe(0);
    expect(await broken(me, 'failover')).toEqual([]);
  });

  it('test and status see a sync daemon that has ended, and reset starts it again', async () => {
    await on('failover/director2', 'ipvsadm --stop-daemon backup');
    expect(await broken(me, 'failover')).toEqual(['sync daemon']);
    expect((await lab(['status', 'failover'])).stdout).toMatch(/director2 +sync daemon id 7 +missing/);
    expect((await lab(['reset', 'failover'])).code).toBe(0);
    expect(await broken(me, 'failover')).toEqual([]);
  });
});

describe('VRRP without the sync daemon', () => {
  afterEach(async () => {
    await lab(['down', 'forgetful']);
  });

  it('moves the VIP all the same, and the download breaks', async () => {
    const up = await upChanged(me, 'failover', 'forgetful', ['    sync: { id: 7 }\n', '']);
    expect(up.code, up.stderr).toBe(0);
    const { ended } = await download(me, 'forgetful', VIPS.ARP);
    await lab(['fail', 'forgetful/director1']);
    const { code, said, whole } = await ended;
    expect(whole).toBe(false);
    expect(said).toContain('reset');
    expect(code).toBe(56);
    expect(await on('forgetful/client', `curl -sS --max-time 5 http://${VIPS.ARP}/`)).toMatch(/^rs[12]/);
  });
});

describe('NAT', () => {
  const MAC2 = '02:00:00:02:00:02';
  beforeAll(async () => {
    await lab(['down', 'failover']);
    const up = await lab(['up', 'failover-nat']);
    expect(up.code, up.stderr).toBe(0);
  });

  it('moves the real servers’ gateway with the VIP, and a download outlives its director', async () => {
    expect(await broken(me, 'failover-nat')).toEqual([]);
    const { ended } = await download(me, 'failover-nat', '203.0.113.100');
    const report = await timeline(me, 'failover-nat', 9, '1s fail director1');
    const taken = delayOf(report, /has no power/, /^ARP: 203\.0\.113\.100 is at director2 eth0/);
    expect(taken).toBeLessThan(down(190) + SLACK);
    expect(await on('failover-nat/rs1', 'ip neigh show 10.0.0.100')).toContain(MAC2);
    const { at, ...how } = await ended;
    expect(how).toEqual({ code: 0, said: '', whole: true });
    expect(at).toBeGreaterThan(Date.parse(report.until));
    await lab(['reset', 'failover-nat']);
    expect(await broken(me, 'failover-nat')).toEqual([]);
  });

  it('does not help real servers whose gateway is one director’s own address', async () => {
    for (const server of ['rs1', 'rs2'])
      await on(`failover-nat/${server}`, 'ip route replace default via 10.0.0.1');
    const { clients, events } = await timeline(me, 'failover-nat', 10, '1s fail director1');
    expect(events.some((e) => /203\.0\.113\.100 is at director2/.test(e.text))).toBe(true);
    expect(clients[0]?.outages.map(({ over }) => over)).toEqual([false]);
  });
});
