import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../../src/commands/status.ts';
import { leftOf, user } from '../cli.ts';
import { broken, timeline } from './timeline.ts';

const me = user('failures');
const { lab, json, on, state } = me;

beforeAll(async () => {
  expect((await lab(['up', 'dr'])).code).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
});

describe('lab fail and lab heal', () => {
  it('see no failure where nothing fails', async () => {
    const { clients } = await timeline(me, 3);
    expect(clients[0]).toMatchObject({ failed: 0, outages: [] });
    expect(clients[0]?.sent).toBeGreaterThan(10);
  });

  it.each([
    ['rs1 web', 'HTTP|connect'],
    ['rs1 web freeze', 'timed out'],
    ['rs1 web wrong', 'HTTP status 500'],
    ['rs1 eth0', 'timed out|connect'],
    ['rs1', 'timed out|connect'],
    ['director', 'timed out|connect'],
  ])('%s: requests fail from then on, and no more once it is healed', async (what, error) => {
    const { events, clients } = await timeline(me, 8, `1s fail ${what}`, '3s heal');
    const [fail, heal] = events.filter((event) => event.source === 'action');
    const [client] = clients;
    expect(client?.outages).toHaveLength(1);
    const [outage] = client?.outages ?? [];
    expect(outage?.over).toBe(true);
    expect(outage?.errors.join()).toMatch(new RegExp(error));
    expect(outage?.from).toBeGreaterThanOrEqual(Date.parse(fail?.time ?? '') - 10);
    // It takes a moment to heal, and whoever asks then waits for a second.
    expect((outage?.until ?? 0) - Date.parse(heal?.time ?? '')).toBeLessThan(4000);
    expect(await broken(me)).toEqual([]);
    expect((await lab(['status'])).stdout).toContain('everything is as the plan says');
  });

  it('a director without power forgets its table, and gets it back', async () => {
    await lab(['fail', 'director']);
    expect(await on('director', 'ipvsadm -Sn')).toBe('');
    expect(await on('director', 'ip -o -4 addr show scope global')).toBe('');
    await lab(['heal', 'director']);
    expect(await on('director', 'ipvsadm -Sn')).toContain('192.0.2.100:80');
  });

  it('what failed stays failed until it is healed, and status says so; reset heals it too', async () => {
    const failed = await lab(['fail', 'rs1', 'web', '--how', 'freeze']);
    expect(failed.stdout).toContain('rs1 web is frozen');
    expect((await json<StatusReport>(['status'])).failures).toMatchObject([{ node: 'rs1', what: 'web' }]);
    expect((await lab(['status'])).stdout).toContain('failed on purpose: rs1 web is frozen');
    expect(await broken(me)).not.toEqual([]);
    expect((await lab(['reset'])).code).toBe(0);
    expect((await json<StatusReport>(['status'])).failures).toEqual([]);
    expect(await broken(me)).toEqual([]);
    expect((await lab(['heal'])).stdout).toContain('nothing has failed');
  });

  it('the way in which it fails may be said as a word, as in a step of a timeline', async () => {
    expect((await lab(['fail', 'rs1', 'web', 'wrong'])).stdout).toContain('rs1 web answers wrongly');
    expect((await json<StatusReport>(['status'])).failures).toMatchObject([{ node: 'rs1', how: 'wrong' }]);
    expect(await broken(me)).not.toEqual([]);
    expect((await lab(['heal'])).stdout).toContain('rs1 web: healed');
    expect(await broken(me)).toEqual([]);
  });

  it.each([
    [['fail', 'rs9'], 'rs9'],
    [['fail', 'rs1', 'web', 'slowly'], 'Allowed choices are kill, freeze, wrong'],
    [['fail', 'rs1', 'web', 'wrong', '--how', 'freeze'], 'say it once'],
    [['fail', 'rs1', 'mail'], 'no daemon or interface mail'],
    [['fail', 'rs1', 'eth0', '--how', 'wrong'], 'cannot fail by wrong'],
    [['fail', 'rs1', '--how', 'freeze'], 'only a daemon can be frozen'],
    [['timeline', '--do', '1s fail rs9'], 'no node rs9'],
    [['timeline', '--do', 'soon'], 'not a time'],
  ])('%j is refused before anything is done', async (argv, why) => {
    const ran = await lab(argv);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(why);
  });

  it('and a refusal leaves the lab as it was', async () => {
    expect(await broken(me)).toEqual([]);
  });
});
