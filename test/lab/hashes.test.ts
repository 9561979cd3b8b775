import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLab, type RunningLab } from '../../src/lifecycle/existing.ts';
import type { PlannedService } from '../../src/plan/types.ts';
import { judgeProbes } from '../../src/proof/schedulers/judge-probes.ts';
import type { SchedulerFlag } from '../../src/topology/types.ts';
import { Connections } from '../../src/traffic/connections.ts';
import { probe } from '../../src/traffic/probes.ts';
import { user } from './cli.ts';

const me = user('hashes');
const { lab, on } = me;
let running: RunningLab;
let client: Connections;
let vips: string[];
let service: PlannedService;
const ADDRESSES = ['101', ...Array.from({ length: 39 }, (_, index) => String(121 + index))].map(
  (last) => `192.0.2.${last}`,
);

beforeAll(async () => {
  const up = await lab(['up', 'schedulers']);
  expect(up.code, up.stderr).toBe(0);
  process.env['LVSLAB_STATE'] = me.state;
  running = await findLab('schedulers');
  const { plan } = running.record;
  vips = plan.services.map((each) => each.vip);
  service = plan.services.find((each) => each.scheduler === 'sh') ?? (plan.services[0] as PlannedService);
  client = new Connections(running.runtime, 'client');
});
afterAll(async () => {
  await client.end();
  await lab(['down', 'schedulers']);
});

/** A service made anew, so that nothing is remembered: `-t VIP:80` or `-f MARK`, with the three real servers. */
async function make(virtual: string, scheduler: string): Promise<void> {
  const servers = ['11', '12', '13'].map(
    (last) => `ipvsadm -a ${virtual} -r 192.0.2.${last}:${virtual.startsWith('-f') ? 0 : 80} -g`,
  );
  await on(
    'director',
    `ipvsadm -D ${virtual} 2>/dev/null; ipvsadm -A ${virtual} -s ${scheduler} && ${servers.join(' && ')}`,
  );
}

/** The real server of each of these, `-` where it was refused. */
async function serversFor(asked: { vip?: string; address?: string }[]): Promise<string[]> {
  const connections = await Promise.all(
    asked.map(({ vip = service.vip, address = ADDRESSES[0] ?? '' }) =>
      client.ask({ ...service, vip }, { address }),
    ),
  );
  return connections.map(({ server, error }) => server ?? (/refused/.test(error) ? '-' : error));
}

const byAddress = () => serversFor(ADDRESSES.map((address) => ({ address })));

/** The bucket of 256 that sh and dh put an address into. Source: linux/hash.h, hash_32; ip_vs_sh.c, ip_vs_dh.c. */
function bucketOf(address: string): number {
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return Math.imul(value, 0x61c88647) >>> 24;
}

/** Whether the servers follow the buckets, which go round the three servers of equal weight. */
function followsBuckets(addresses: string[], servers: string[]): boolean {
  const met = new Map<number, Set<string>>();
  addresses.forEach((address, index) => {
    const place = bucketOf(address) % 3;
    met.set(place, (met.get(place) ?? new Set()).add(servers[index] ?? ''));
  });
  const chosen = new Set([...met.values()].map((set) => [...set].join(' ')));
  return met.size === 3 && chosen.size === 3 && [...chosen].every((server) => /^rs\d$/.test(server));
}

describe('a hash of the client', () => {
  // That another hash of forty addresses follows the buckets by accident has odds of 3^-37.
  it('is the kernel’s own with sh, and another with mh', async () => {
    await make(`-t ${service.vip}:80`, 'sh');
    expect(followsBuckets(ADDRESSES, await byAddress())).toBe(true);
    for (const other of ['mh', 'dh', 'rr', 'lblc', 'wlc']) {
      await make(`-t ${service.vip}:80`, other);
      expect(followsBuckets(ADDRESSES, await byAddress()), other).toBe(false);
    }
  });

  it('moves next to nobody with mh when a server leaves, and half of all with sh', async () => {
    const moved = async (scheduler: string) => {
      await make(`-t ${service.vip}:80`, scheduler);
      const before = await byAddress();
      await on('director', `ipvsadm -d -t ${service.vip}:80 -r 192.0.2.12:80`);
      const after = await byAddress();
      expect(after.filter((server) => !/^rs[13]$/.test(server))).toEqual([]);
      const stayed = before.flatMap((server, index) => (server === 'rs2' ? [] : [index]));
      expect(stayed.length).toBeGreaterThan(15);
      return stayed.filter((index) => before[index] !== after[index]).length / stayed.length;
    };
    expect(await moved('mh')).toBeLessThan(0.1);
    expect(await moved('sh')).toBeGreaterThan(0.3);
  });

  it.each<[string, SchedulerFlag]>([
    ['sh', 'sh-port'],
    ['mh', 'mh-port'],
  ])('takes the port as well with the flag %s-port, and without it does not', async (scheduler, flag) => {
    const flagged: PlannedService = { ...service, scheduler: scheduler as 'sh' | 'mh', flags: [flag] };
    const judged = async (options: string) => {
      await make(`-t ${service.vip}:80`, `${scheduler} ${options}`);
      return judgeProbes(flagged, await probe(running.runtime, running.record.plan, flagged, 'port'));
    };
    expect(await judged(`-b ${flag}`)).toMatchObject({ outcome: 'pass' });
    expect(await judged('')).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('got none') as string,
    });
  });

  it.each(['sh', 'mh'])(
    '%s refuses the clients of a full server, unless it may fall back',
    async (scheduler) => {
      const virtual = `-t ${service.vip}:80`;
      await make(virtual, scheduler);
      const before = await byAddress();
      const ofRs2 = ADDRESSES.filter((_, index) => before[index] === 'rs2').slice(0, 4);
      const held = await client.open(service, { address: ofRs2[0] ?? '' });
      expect(held.server).toBe('rs2');
      await on('director', `ipvsadm -e ${virtual} -r 192.0.2.12:80 -g -x 1`);
      expect(await serversFor(ofRs2.map((address) => ({ address })))).toEqual(ofRs2.map(() => '-'));
      await on('director', `ipvsadm -E ${virtual} -s ${scheduler} -b ${scheduler}-fallback`);
      const after = await byAddress();
      before.forEach((server, index) => {
        if (server === 'rs2') expect(after[index]).toMatch(/^rs[13]$/);
        else expect(after[index]).toBe(server);
      });
      await client.reset(held);
    },
  );
});

/** Many VIPs in one service, by a mark on every packet to port 80. */
describe('a choice by VIP', () => {
  beforeAll(async () => {
    await on(
      'director',
      'tc qdisc add dev eth0 clsact && tc filter add dev eth0 ingress protocol ip flower ip_proto tcp dst_port 80 action skbedit mark 1',
    );
  });
  afterAll(async () => {
    await on('director', 'ipvsadm -D -f 1; tc qdisc del dev eth0 clsact');
  });

  it('is a hash of the VIP alone with dh', async () => {
    const asked = ADDRESSES.slice(0, 3).flatMap((address) => vips.map((vip) => ({ vip, address })));
    const follows = async (scheduler: string) => {
      await make('-f 1', scheduler);
      return followsBuckets(
        asked.map(({ vip }) => vip),
        await serversFor(asked),
      );
    };
    expect(await follows('dh')).toBe(true);
    // By accident, others follow the buckets of 13 VIPs with odds of 3^-10, and it is the same each time.
    for (const other of ['sh', 'mh', 'rr', 'lc', 'lblc', 'lblcr', 'fo', 'sed'])
      expect(await follows(other), other).toBe(false);
  });

  /** What a VIP's connections do before, during and after many are held to it, while another VIP has next to none. */
  async function underLoad(scheduler: string) {
    await make('-f 1', scheduler);
    const [busy = '', calm = ''] = vips;
    const hold = async (vip: string, count: number) => {
      const held = await Promise.all(Array.from({ length: count }, () => client.open({ ...service, vip })));
      await Promise.all(held.map((connection) => client.reset(connection)));
      return held.map(({ server }) => server);
    };
    // Two at a time overload nothing, and yet one of them is open when the other comes.
    const before = new Set(await hold(busy, 2));
    const other = await hold(calm, 2);
    const during = new Set(await hold(busy, 9));
    const after = new Set(await hold(busy, 2));
    other.push(...(await hold(calm, 2)));
    const [one, two, three, four] = [before, during, after, new Set(other)].map((servers) =>
      servers.size === 1 ? 'one' : 'several',
    );
    return { before: one, during: two, after: three, other: four };
  }

  it('stays with one server until that is overloaded: lblc moves the VIP, lblcr gives it more servers, dh keeps it', async () => {
    expect(await underLoad('lblc')).toEqual({ before: 'one', during: 'several', after: 'one', other: 'one' });
    expect(await underLoad('lblcr')).toEqual({
      before: 'one',
      during: 'several',
      after: 'several',
      other: 'one',
    });
    expect(await underLoad('dh')).toEqual({ before: 'one', during: 'one', after: 'one', other: 'one' });
    expect(await underLoad('wlc')).toEqual({
      before: 'several',
      during: 'several',
      after: 'several',
      other: 'several',
    });
  });
});

describe('by weight', () => {
  it('fo goes to the next when the first leaves or is full, and comes back; ovf fills one after the other', async () => {
    const virtual = `-t ${service.vip}:80`;
    const set = (rs: number, options: string) =>
      on('director', `ipvsadm -e ${virtual} -r 192.0.2.1${rs}:80 -g ${options}`);
    const five = async () => new Set(await serversFor(Array.from({ length: 5 }, () => ({}))));
    for (const scheduler of ['fo', 'ovf']) {
      await make(virtual, scheduler);
      for (const rs of [1, 2, 3]) await set(rs, `-w ${rs * 2}`);
      expect(await five()).toEqual(new Set(['rs3']));
      await set(3, '-w 0');
      expect(await five()).toEqual(new Set(['rs2']));
      await set(2, '-w 0');
      expect(await five()).toEqual(new Set(['rs1']));
      await set(3, '-w 6');
      expect(await five()).toEqual(new Set(['rs3']));
    }
    // What tells them apart: connections that stay.
    await set(2, '-w 4');
    const held = await Promise.all(Array.from({ length: 15 }, () => client.open(service, {})));
    const servers = held.map(({ server }) => server ?? '-').join(' ');
    expect(servers).toBe('rs3 rs3 rs3 rs3 rs3 rs3 rs3 rs2 rs2 rs2 rs2 rs2 rs1 rs1 rs1');
    expect(await five()).toEqual(new Set(['-']));
    await on('director', `ipvsadm -E ${virtual} -s fo`);
    expect(await five()).toEqual(new Set(['rs3']));
    await Promise.all(held.map((connection) => client.reset(connection)));
  });
});
