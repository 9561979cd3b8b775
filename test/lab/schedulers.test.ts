import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLab, type RunningLab } from '../../src/lifecycle/existing.ts';
import type { PlannedService } from '../../src/plan/types.ts';
import type { Check } from '../../src/proof/check.ts';
import { judgeDistribution } from '../../src/proof/distribution.ts';
import { judgeProbes } from '../../src/proof/schedulers/judge-probes.ts';
import { judgeHeld } from '../../src/proof/schedulers/judge-held.ts';
import { SCHEDULERS as ALL, type Scheduler } from '../../src/topology/types.ts';
import { holdConnections, type Held } from '../../src/traffic/held.ts';
import { probe } from '../../src/traffic/probes.ts';
import { user } from './cli.ts';

/** Those that every kernel of a lab has; `twos` is in a topology of its own. */
type Everywhere = Exclude<Scheduler, 'twos'>;
const SCHEDULERS = ALL.filter((scheduler): scheduler is Everywhere => scheduler !== 'twos');

const me = user('schedulers');
const { lab, on, json } = me;
let running: RunningLab;

beforeAll(async () => {
  const up = await lab(['up', 'schedulers']);
  expect(up.code, up.stderr).toBe(0);
  process.env['LVSLAB_STATE'] = me.state;
  running = await findLab('schedulers');
});
afterAll(async () => {
  await lab(['down', 'schedulers']);
});

function serviceOf(scheduler: Scheduler): PlannedService {
  const service = running.record.plan.services.find((s) => s.scheduler === scheduler);
  if (service === undefined) throw new Error(`no service with ${scheduler}`);
  return service;
}

/** Gives each service the scheduler that is named for it, flags and all. */
async function reschedule(by: Partial<Record<Scheduler, string>>): Promise<void> {
  const lines = Object.entries(by).map(
    ([own, other]) => `ipvsadm -E -t ${serviceOf(own as Scheduler).vip}:80 -s ${other}`,
  );
  await on('director', lines.join(' && '));
}

const OWN = Object.fromEntries(
  SCHEDULERS.map((scheduler) => [scheduler, scheduler === 'mh' ? 'mh -b mh-port' : scheduler]),
) as Record<Everywhere, string>;

/** The check that says of each service whether it is scheduled as promised. */
function deciding(checks: Check[]): Map<Everywhere, Check | undefined> {
  return new Map(
    SCHEDULERS.map((scheduler) => {
      const name = scheduler === 'rr' || scheduler === 'wrr' ? 'distribution' : 'scheduler';
      return [scheduler, checks.find((check) => check.id === `${name} ${serviceOf(scheduler).vip}:80`)];
    }),
  );
}

// Thirteen services make some hundreds of connections; on a busy machine that takes a minute.
describe('lab test', { timeout: 400_000 }, () => {
  async function isGreen(): Promise<void> {
    const { checks } = await json<{ checks: Check[] }>(['test']);
    expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect([...deciding(checks).values()].map((check) => check?.outcome)).toEqual(
      SCHEDULERS.map(() => 'pass'),
    );
  }

  it('is green for every scheduler', isGreen);

  it.each<[string, Record<Everywhere, string>]>([
    [
      'its neighbour',
      {
        rr: 'sh',
        wrr: 'rr',
        lc: 'wlc',
        wlc: 'sed',
        sed: 'nq',
        nq: 'wlc',
        lblc: 'lblcr',
        lblcr: 'sh',
        dh: 'rr',
        sh: 'rr',
        fo: 'ovf',
        ovf: 'fo',
        mh: 'mh',
      },
    ],
    [
      'a stranger',
      {
        rr: 'lblc',
        wrr: 'wlc',
        lc: 'rr',
        wlc: 'wrr',
        sed: 'wlc',
        nq: 'lc',
        lblc: 'wlc',
        lblcr: 'dh',
        dh: 'sh',
        sh: 'wlc',
        fo: 'rr',
        ovf: 'sed',
        mh: 'rr',
      },
    ],
  ])('is red for each that has %s in its place', async (_, others) => {
    await reschedule(others);
    const { checks } = await json<{ checks: Check[] }>(['test']);
    for (const [scheduler, check] of deciding(checks))
      expect(
        `${scheduler} as ${others[scheduler]}: ${check?.outcome ?? ''} ${check?.detail ?? ''}`,
      ).toContain(': fail ');
  });

  it('is green again when each has its own', async () => {
    await reschedule(OWN);
    await isGreen();
  });

  it('is not misled by entries of connections that others have ended', async () => {
    const measuring: Scheduler[] = ['lc', 'wlc', 'sed', 'nq', 'lblc'];
    await reschedule(Object.fromEntries(measuring.map((scheduler) => [scheduler, 'rr'])));
    // Each port that the client's kernel gives out from now on has an entry, by another rule.
    await on('client', 'sysctl -w net.ipv4.ip_local_port_range="40000 40199"');
    for (const { vip } of measuring.map(serviceOf))
      await on('client', `curl -s -o /dev/null -H 'Connection: close' 'http://${vip}/?[1-200]'`);
    await reschedule(OWN);
    await isGreen();
    await on('client', 'sysctl -w net.ipv4.ip_local_port_range="32768 60999"');
  });
});

/** What tells each scheduler that measures or takes turns from every other: the same traffic, judged by all of them. */
describe('connections that are held, against what each scheduler would do', () => {
  /** Two and one rounds of 1:2:4. */
  const AMOUNT = { first: 14, then: 7 };
  const JUDGES: Scheduler[] = ['wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'sed', 'nq', 'fo', 'ovf'];
  /** What can be right for another as well, and why. */
  const ALIKE: Partial<Record<Scheduler, Scheduler[]>> = {
    // The VIP's set may have come to be all servers, and then it is wlc.
    wlc: ['lblcr'],
    // One client and one VIP, and the hash may meet the server with the highest weight.
    sh: ['fo'],
    mh: ['fo'],
    dh: ['fo'],
  };

  /** The hashes that many clients, one after the other, can be taken for; what tells these apart is below them. */
  const HASHES: Partial<Record<Scheduler, Scheduler[]>> = {
    // Of each other, by what happens when a server leaves, and by the kernel's own buckets.
    sh: ['sh', 'mh'],
    mh: ['sh', 'mh'],
    // By several VIPs, which only a hash of them spreads; and under load, which it does not see.
    dh: ['dh'],
    ...Object.fromEntries(['sed', 'nq', 'fo', 'ovf', 'lblc', 'lblcr'].map((name) => [name, ['dh']])),
  };

  /** Makes a service again: nothing is remembered of the one before. */
  async function anew({ vip, servers }: PlannedService, scheduler: string): Promise<void> {
    const virtual = `-t ${vip}:80`;
    const all = servers.map((s) => `ipvsadm -a ${virtual} -r ${s.address}:80 -g -w ${s.weight}`);
    await on(
      'director',
      `ipvsadm -D ${virtual}; ipvsadm -A ${virtual} -s ${scheduler} && ${all.join(' && ')}`,
    );
  }

  function judgedAs(scheduler: Scheduler, service: PlannedService, held: Held): boolean {
    if (scheduler !== 'wrr') return judgeHeld({ ...service, scheduler }, held).outcome === 'pass';
    const replies = held.events
      .filter((event) => event.kind === 'opened')
      .map(({ connection: { client, address, port, server, error } }) => ({
        client,
        clientAddress: address,
        clientPort: port,
        server,
        status: 0,
        error,
      }));
    return judgeDistribution({ ...service, scheduler }, replies).outcome === 'pass';
  }

  // Once more on a busy machine: a director may see the end of a connection after the next one's beginning.
  it.each(SCHEDULERS)('%s is taken for what it is', { retry: 1 }, async (scheduler) => {
    const service = serviceOf('wlc');
    await anew(service, scheduler);
    const held = await holdConnections(running.runtime, 'client', service, AMOUNT);
    const taken = JUDGES.filter((judge) => judgedAs(judge, service, held));
    const alike = ALIKE[scheduler] ?? [];
    expect(taken.filter((judge) => judge !== scheduler && !alike.includes(judge))).toEqual([]);
    if (JUDGES.includes(scheduler))
      expect(taken, judgeHeld({ ...service, scheduler }, held).detail).toContain(scheduler);

    const equal = serviceOf('sh');
    await anew(equal, scheduler);
    const probes = await probe(running.runtime, running.record.plan, equal, 'address');
    const hashes = (['sh', 'mh', 'dh'] as const).filter(
      (name) => judgeProbes({ ...equal, scheduler: name }, probes).outcome === 'pass',
    );
    expect(hashes).toEqual(HASHES[scheduler] ?? []);
  });
});
