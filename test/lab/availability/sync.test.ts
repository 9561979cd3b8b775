import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../../src/commands/status.ts';
import { leftOf, user } from '../cli.ts';
import { broken, download, upChanged, whoIs } from './cluster.ts';

const me = user('sync');
const { lab, json, on, state } = me;
const VIP = '192.0.2.100';

beforeAll(async () => {
  const [one, two] = await Promise.all([
    lab(['up', 'sync']),
    upChanged(me, 'sync', 'alone', ['    sync: { id: 7 }\n', '']),
  ]);
  expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0]);
});
afterAll(async () => {
  await lab(['down', '--all']);
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
});

/** As the README says. */
async function takeOver(name: string, sync: boolean): Promise<void> {
  await lab(['fail', `${name}/director1`]);
  if (sync)
    await on(
      `${name}/director2`,
      'ipvsadm --stop-daemon backup && ipvsadm --start-daemon master --mcast-interface eth0 --syncid 7',
    );
  await on(`${name}/director2`, `ip addr add ${VIP}/32 dev eth0; arping -U -c 3 -I eth0 ${VIP}`);
}

describe('the sync daemon', () => {
  it('is master at one director and backup at the other, and both know the connections', async () => {
    expect(await broken(me, 'sync')).toEqual([]);
    expect(await whoIs(me, 'sync')).toEqual({
      active: ['director1'],
      sync: ['director1 master', 'director2 backup'],
    });
    const { directors, differences } = await json<StatusReport>(['status', 'sync']);
    expect(differences).toEqual([]);
    for (const { connections } of directors) expect(connections?.length).toBeGreaterThanOrEqual(8);
    const text = (await lab(['status', 'sync'])).stdout;
    expect(text).toContain('sync daemon: master on eth0, id 7');
    expect(text).toContain('sync daemon: backup on eth0, id 7');
    expect(text.match(/^connections known: \d+$/gm)).toHaveLength(2);
  });

  it('is missed by test and status where it has ended, and reset starts it again', async () => {
    // What it was told before it knows for minutes: new connections are what counts.
    await on('sync/director2', 'ipvsadm --stop-daemon backup');
    expect(await broken(me, 'sync')).toEqual(['sync daemon']);
    expect((await lab(['status', 'sync'])).stdout).toMatch(/director2 +sync daemon id 7 +missing/);
    expect((await lab(['reset', 'sync'])).code).toBe(0);
    expect(await broken(me, 'sync')).toEqual([]);
  });

  it('lets a download outlive its director, when another takes over by hand', async () => {
    const { ended } = await download(me, 'sync', VIP);
    await takeOver('sync', true);
    const taken = Date.now();
    const { at, ...how } = await ended;
    expect(how).toEqual({ code: 0, said: '', whole: true });
    expect(at).toBeGreaterThan(taken);
    expect(await whoIs(me, 'sync')).toMatchObject({ active: ['director2'] });
  });

  it('and without it the same download breaks', async () => {
    expect(await broken(me, 'alone')).toEqual([]);
    const { ended } = await download(me, 'alone', VIP);
    await takeOver('alone', false);
    const { code, said, whole } = await ended;
    expect(whole).toBe(false);
    expect(said).toContain('reset');
    // CURLE_RECV_ERROR.
    expect(code).toBe(56);
    // New connections are served: it is the old ones that nobody knows.
    expect(await on('alone/client', `curl -sS --max-time 5 http://${VIP}/`)).toMatch(/^rs[12]/);
  });

  it('after all that a reset has the plan’s first director at work again', async () => {
    expect((await lab(['reset', 'sync'])).code).toBe(0);
    expect(await whoIs(me, 'sync')).toEqual({
      active: ['director1'],
      sync: ['director1 master', 'director2 backup'],
    });
    expect(await broken(me, 'sync')).toEqual([]);
  });
});
