import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../../src/commands/status.ts';
import { leftOf, user } from '../cli.ts';
import { broken, timeline, times } from './timeline.ts';

const me = user('health');
const { lab, json, on, state } = me;
const folder = mkdtempSync(join(tmpdir(), 'health-'));

afterEach(async () => {
  await lab(['down', '--all']);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
});

/** Milliseconds that a failure takes to happen, and a look at the table to see its consequence. */
const MARGIN = 1500;
/** Milliseconds for which a client waits for an answer. */
const PATIENCE = 1000;

async function up(name: string, text?: string): Promise<void> {
  const file = join(folder, `${name}.yaml`);
  if (text !== undefined) writeFileSync(file, text);
  const ran = await lab(['up', text === undefined ? name : file]);
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
}

/**
 * Lets rs1 fail and heals it, under steady requests: the table changes within what is promised, requests fail until
 * then and no longer, and the server comes back by itself.
 * @param early whether the check takes a host for alive before its web server has started
 */
async function failAndReturn(what: string, out: RegExp, back: RegExp, early = false): Promise<void> {
  const report = await timeline(me, 15, `1s fail ${what}`, '7s heal');
  const within = (report.promised[0]?.within ?? 0) * 1000;
  expect(within).toBeGreaterThan(0);
  const { action, change } = times(report, out);
  expect(change - action).toBeLessThan(within + MARGIN);
  const [client] = report.clients;
  const healed = report.events.find((e) => e.source === 'action' && e.text.includes('healed'));
  const returns = Date.parse(healed?.time ?? '');
  const outages = (client?.outages ?? []).filter(({ from }) => !early || from < returns);
  // One that is noticed at once may hit no request at all.
  expect(outages.length).toBeLessThanOrEqual(1);
  if (change - action > PATIENCE) expect(outages.length).toBe(1);
  for (const outage of outages) {
    expect(outage.over).toBe(true);
    expect(outage.until - change).toBeLessThan(PATIENCE + MARGIN);
  }
  const returned = report.events.find(
    (e) => e.source === 'ipvs' && e.time > (healed?.time ?? '') && back.test(e.text),
  );
  expect(returned, report.events.map((e) => e.text).join('\n')).toBeDefined();
  expect(Date.parse(returned?.time ?? '') - returns).toBeLessThan(within + MARGIN + 2000);
  expect((await lab(['status'])).stdout).toContain('everything is as the plan says');
}

describe.each(['health', 'health-keepalived'])('%s', (topology) => {
  it('takes out whoever fails within what its configuration promises, and takes it back', async () => {
    await up(topology);
    expect(await broken(me)).toEqual([]);
    for (const what of ['rs1 web', 'rs1 web wrong', 'rs1'])
      await failAndReturn(what, /rs1 removed/, /rs1 added, weight 1/);
    expect(await broken(me)).toEqual([]);
    const logs = await lab(['logs', 'director', topology === 'health' ? 'ldirectord' : 'keepalived']);
    expect(logs.stdout).toMatch(/192\.0\.2\.11/);
  });

  it('lets the fallback answer when all are out, and no longer', async () => {
    await up(topology);
    const { clients, events } = await timeline(me, 18, '1s fail rs1 web', '1.5s fail rs2 web', '9s heal');
    expect(clients[0]?.servers['sorry']).toBeGreaterThan(10);
    expect(clients[0]?.outages[0]?.over).toBe(true);
    expect(events.some((e) => e.source === 'ipvs' && /sorry added/.test(e.text))).toBe(true);
    expect(events.some((e) => e.source === 'ipvs' && /sorry removed/.test(e.text))).toBe(true);
    // Nobody but the real servers answers in the end.
    expect(clients[0]?.requests.slice(-10).map((r) => r.server)).not.toContain('sorry');
  });

  it('no longer does when it is ended, and lab status says so', async () => {
    await up(topology);
    const daemon = topology === 'health' ? 'ldirectord' : 'keepalived';
    const { noticed, clients } = await timeline(me, 11, `0.5s fail director ${daemon}`, '2s fail rs1 web');
    expect(noticed.map((n) => n.change)).toEqual([undefined, undefined]);
    expect(clients[0]?.outages[0]?.over).toBe(false);
    expect((await lab(['status'])).stdout).toContain(`${daemon} DOWN`);
    expect((await lab(['reset'])).code).toBe(0);
    expect(await broken(me)).toEqual([]);
  });
});

const lan = (mode: string, health: string) => `
lvslab: 1
mode: ${mode}
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  ${mode === 'nat' ? 'director: { on: [front, back] }' : 'router: { on: [front, back] }\n  director: { on: front }'}
  rs: { on: back, count: 2 }
services:
  - vip: 203.0.113.100
    health: { ${health} }
`;

describe('other checks', () => {
  it('masq, connect, quiescent: weight 0 instead of removal, and a wrong answer goes unnoticed', async () => {
    await up('connect', lan('nat', 'check: connect, quiescent: true'));
    await failAndReturn('rs1 web', /rs1 weight 1 → 0/, /rs1 weight 0 → 1/);
    const { noticed } = await timeline(me, 7, '1s fail rs1 web wrong');
    expect(noticed[0]?.change).toBeUndefined();
  });

  it('ipip, negotiate by keepalived, quiescent', async () => {
    await up('tun', lan('tun', 'by: keepalived, check: negotiate, receive: ok, quiescent: true'));
    await failAndReturn('rs1 web wrong', /rs1 weight 1 → 0/, /rs1 weight 0 → 1/);
    expect(await broken(me)).toEqual([]);
  });

  it.each(['ldirectord', 'keepalived'])(
    'ping by %s: a dead web server goes unnoticed, a dead host not',
    async (by) => {
      await up('ping', lan('nat', `by: ${by}, check: ping`));
      const { noticed } = await timeline(me, 6, '1s fail rs1 web', '5s heal');
      expect(noticed[0]?.change).toBeUndefined();
      await failAndReturn('rs1', /rs1 removed/, /rs1 added/, true);
    },
  );

  it.each(['ldirectord', 'keepalived'])('external by %s: its command decides', async (by) => {
    await up('external', lan('nat', `by: ${by}, check: external, command: "test ! -e /tmp/out-$3"`));
    const out = await timeline(me, 7, '1s exec director touch /tmp/out-10.0.0.11');
    expect(times(out, /rs1 removed/).change).toBeGreaterThan(0);
    const back = await timeline(me, 7, '1s exec director rm /tmp/out-10.0.0.11');
    expect(times(back, /rs1 added/).change).toBeGreaterThan(0);
    expect(out.clients[0]?.failed).toBe(0);
  });

  it('more failures in a row take as much longer', async () => {
    await up('thrice', lan('nat', 'by: keepalived, check: connect, interval: 1, failures: 3'));
    // Not at once: keepalived tries its very first check only once.
    const report = await timeline(me, 12, '3s fail rs1 web');
    expect(report.promised[0]?.within).toBe(6);
    const { action, change } = times(report, /rs1 removed/);
    expect(change - action).toBeGreaterThan(2000);
    expect(change - action).toBeLessThan(6000 + MARGIN);
  });

  it('a weight that somebody sets by hand is the daemon’s to judge, another method is a difference', async () => {
    await up('hand', lan('nat', 'check: connect, interval: 60'));
    await on('director', 'ipvsadm -e -t 203.0.113.100:80 -r 10.0.0.11:80 -m -w 0');
    expect((await json<StatusReport>(['status'])).differences).toEqual([]);
    await on('director', 'ipvsadm -e -t 203.0.113.100:80 -r 10.0.0.11:80 -i -w 1');
    expect((await json<StatusReport>(['status'])).differences).toMatchObject([
      { kind: 'real server', state: 'changed' },
    ]);
  });
});
