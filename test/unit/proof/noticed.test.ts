import { describe, expect, it } from 'vitest';
import { noticed, type Did, type Known } from '../../../src/proof/noticed.ts';
import { outages } from '../../../src/proof/outages.ts';

const VIP = '192.0.2.100';
const VIP6 = '2001:db8:1::100';
const time = (seconds: number) => new Date(seconds * 1000).toISOString();
const event = (at: number, source: string, node: string, text: string) => ({
  time: time(at),
  source,
  node,
  text,
});
const did = (at: number, node: string, text: string, how: Did) => ({
  ...event(at, 'action', node, text),
  did: how,
});
const says = (at: number, address: string, by: string) => ({
  ...event(at, 'announcement', 'client', `${address} is at ${by} eth0`),
  announced: { address, by },
});
/** Requests that fail from one second to another, and are answered for a while after. */
const dark = (from: number, until: number) =>
  outages([
    { began: from * 1000, ended: until * 1000, server: undefined, error: 'timed out' },
    ...Array.from({ length: 10 }, (_, i) => ({
      began: until * 1000 + i * 100,
      ended: until * 1000 + i * 100 + 20,
      server: 'rs1',
      error: '',
    })),
  ]);

const cluster = (clients: Known['clients'] = []): Known => ({
  directors: ['director1', 'director2'].map((name) => ({ name, vips: [VIP, VIP6] })),
  holders: new Map([
    [VIP, 'director1'],
    [VIP6, 'director1'],
  ]),
  clients,
});

// As it was recorded of topologies/failover.yaml, seconds since the beginning.
const FAILOVER = [
  did(2.17, 'director1', 'director1 has no power', { verb: 'fail' }),
  says(5.5, 'fe80::200:5eff:fe00:233', 'director2'),
  says(5.5, VIP6, 'director2'),
  says(5.56, VIP, 'director2'),
  says(7.61, VIP, 'director2'),
  did(10.17, 'director1', 'director1 healed', { verb: 'heal' }),
  event(10.45, 'ipvs', 'director1', 'tcp 192.0.2.100:80 added: rr, rs1, rs2'),
  says(13.71, VIP6, 'director1'),
  says(13.72, VIP, 'director1'),
  says(15.75, VIP, 'director1'),
];

describe('of a director that loses its power', () => {
  const clients = [{ client: 'client', service: `${VIP}:80`, outages: dark(2.64, 5.77) }];
  const [failed, healed] = noticed(FAILOVER, cluster(clients));

  it('is said who has its VIPs, when, and when requests are answered again', () => {
    expect(failed).toEqual({
      action: 'director1 has no power',
      change: undefined,
      seconds: undefined,
      takeovers: [
        { address: VIP6, by: 'director2', seconds: 3.33 },
        { address: VIP, by: 'director2', seconds: 3.39 },
      ],
      requests: [{ client: 'client', service: `${VIP}:80`, seconds: 3.62 }],
    });
  });

  it('and that it gets them back, beside its table', () => {
    expect(healed).toMatchObject({
      seconds: 0.28,
      takeovers: [
        { address: VIP6, by: 'director1', seconds: 3.54 },
        { address: VIP, by: 'director1', seconds: 3.55 },
      ],
      requests: [],
    });
  });
});

describe('a takeover', () => {
  it('is none where the one who has the address only says so again', () => {
    const events = [did(1, 'director2', 'director2 vrrp is killed', { verb: 'fail', what: 'vrrp' })];
    const [first] = noticed([...events, says(1.2, VIP, 'director1')], cluster());
    expect(first?.takeovers).toEqual([]);
    expect(first?.requests).toEqual([]);
  });

  it('is not what comes after the next thing that is done', () => {
    const events = [
      did(1, 'director1', 'director1 vrrp is killed', { verb: 'fail', what: 'vrrp' }),
      did(2, 'director2', 'ip addr add …', { verb: 'exec' }),
      says(2.5, VIP, 'director2'),
    ];
    const clients = [{ client: 'client', service: `${VIP}:80`, outages: dark(1.1, 2.4) }];
    expect(noticed(events, cluster(clients)).map((n) => [n.takeovers, n.requests?.[0]?.seconds])).toEqual([
      [[], undefined],
      [[{ address: VIP, by: 'director2', seconds: 0.5 }], 0.42],
    ]);
  });

  it('is nothing to be expected of a director that stands alone, whose clients wait all the same', () => {
    const events = [did(1, 'director', 'director has no power', { verb: 'fail' })];
    const alone = { directors: [{ name: 'director', vips: [] }], holders: new Map<string, string>() };
    const clients = [
      {
        client: 'client',
        service: `${VIP}:80`,
        outages: outages([{ began: 1100, ended: 2100, server: undefined, error: 'timed out' }]),
      },
    ];
    expect(noticed(events, { ...alone, clients })).toEqual([
      {
        action: 'director has no power',
        change: undefined,
        seconds: undefined,
        requests: [{ client: 'client', service: `${VIP}:80`, seconds: undefined }],
      },
    ]);
  });
});

it.each([
  ['rs1', 'rs1 web is killed', { verb: 'fail', what: 'web' }],
  ['director1', 'director1 ldirectord is killed', { verb: 'fail', what: 'ldirectord' }],
] satisfies [string, string, Did][])('%s: %s is noticed in the table, as ever', (node, text, how) => {
  const events = [did(1, node, text, how), event(3.5, 'ipvs', 'director1', 'tcp VIP:80: rs1 removed')];
  expect(noticed(events, cluster())).toEqual([
    { action: text, change: 'director1: tcp VIP:80: rs1 removed', seconds: 2.5 },
  ]);
});
