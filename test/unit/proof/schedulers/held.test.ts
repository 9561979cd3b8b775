import { describe, expect, it } from 'vitest';
import { heldFor, judgeHeld } from '../../../../src/proof/schedulers/judge-held.ts';
import { loadsOf, parseLoads, roomOf } from '../../../../src/proof/schedulers/load.ts';
import type { Scheduler } from '../../../../src/topology/types.ts';
import type { PlannedService } from '../../../../src/plan/types.ts';
import { overUdp, serviceOf } from '../requests/replies.ts';
import { SIMULATED, connection, heldBy, table } from './kernel.ts';

const JUDGED = SIMULATED.filter((scheduler) => scheduler !== 'rr');

function judged(judge: Scheduler, actual: Scheduler, weights: number[], inactive: number[] = []): string {
  const service = serviceOf(judge, ...weights);
  const amount = heldFor(service, undefined) ?? { first: 8, then: 4 };
  return judgeHeld(service, heldBy(actual, service, amount, inactive)).outcome;
}

describe('held connections', () => {
  it.each([
    [[1, 2, 4], []],
    [[1, 1, 1], []],
    [
      [4, 2],
      [3, 9],
    ],
    [
      [5, 3, 1, 2],
      [300, 0, 20, 1],
    ],
    [[1, 0, 3], []],
    [[1000, 1], []],
    [[1, 1, 1, 1, 1, 1, 1, 1], []],
  ])('with weights %j are right for the scheduler that sent them', (weights, inactive) => {
    for (const scheduler of JUDGED)
      expect(judged(scheduler, scheduler, weights, inactive), scheduler).toBe('pass');
  });

  it.each(JUDGED)('with weights 1:2:4 are right for %s and wrong for every other', (judge) => {
    const right = SIMULATED.filter((actual) => judged(judge, actual, [1, 2, 4]) === 'pass');
    // A set that may have grown before to be all servers makes lblcr wlc.
    expect(right.filter((actual) => actual !== 'wlc' || judge !== 'lblcr')).toEqual([judge]);
  });

  it('name the first that went wrong, and what was open then', () => {
    const service = serviceOf('wlc', 1, 2);
    const check = judgeHeld(service, heldBy('rr', service, { first: 6, then: 2 }));
    expect(check).toEqual({
      id: 'scheduler',
      title: 'scheduler',
      outcome: 'fail',
      detail:
        '6 connections held open (rs1 3, rs2 3), then rs1’s ended and 2 more (rs1 1, rs2 1), but connection 3 went to rs1, not to rs2: wlc sends each to a real server with the fewest open for its weight',
      evidence: [
        'rs1 then: weight 1, open 1, ended and remembered 0',
        'rs2 then: weight 2, open 1, ended and remembered 0',
      ],
    });
  });

  it('say which other schedulers would have done the same', () => {
    const service = serviceOf('wlc', 1, 1);
    expect(judgeHeld(service, heldBy('wlc', service, { first: 8, then: 4 })).detail).toBe(
      '8 connections held open (rs1 4, rs2 4), then rs1’s ended and 4 more (rs1 4): each to a real server with the fewest open for its weight (as lc, sed, nq, lblcr, twos could have here)',
    );
  });

  it('say nothing where the measure was disturbed', () => {
    const service = serviceOf('lc', 1, 1);
    const held = heldBy('lc', service, { first: 8, then: 4 });
    const loads = { weight: 1, active: 0, inactive: 0 };
    expect(judgeHeld(service, { ...held, during: [table(service, [loads, loads])] })).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringContaining('connections of others came or went meanwhile') as string,
    });
    expect(judgeHeld(service, { ...held, before: [''] })).toMatchObject({ outcome: 'unknown' });
    const silent = structuredClone(held);
    Object.assign(silent.events[3]?.connection ?? {}, { server: undefined, error: 'Connection timed out' });
    expect(judgeHeld(service, silent)).toMatchObject({
      outcome: 'unknown',
      detail: 'a connection was neither answered nor refused: Connection timed out',
    });
    expect(judged('lblcr', 'lblcr', [1, 1, 1, 1, 1, 1, 1, 1, 1])).toBe('unknown');
  });

  it('are as many as it takes, and not more than a web server bears', () => {
    const count = (scheduler: Scheduler, ...weights: number[]) =>
      heldFor(serviceOf(scheduler, ...weights), undefined);
    expect(count('rr', 1, 1)).toBeUndefined();
    expect(count('sh', 1, 1)).toBeUndefined();
    expect(count('lc', 1, 1)).toEqual({ first: 8, then: 4 });
    expect(count('wlc', 1, 2, 4)).toEqual({ first: 14, then: 7 });
    expect(count('ovf', 5, 5)).toEqual({ first: 14, then: 7 });
    expect(count('wlc', 1, 65535)).toEqual({ first: 64, then: 16 });
    expect(count('twos', 1, 1)).toEqual({ first: 128, then: 16 });
    expect(count('twos', 3)).toEqual({ first: 8, then: 4 });
    expect(heldFor({ ...serviceOf('lc', 1, 1), persistence: { timeout: 5 } }, undefined)).toBeUndefined();
  });
});

describe('lots of twos', () => {
  const WEIGHTS = [
    [1, 1],
    [1, 1, 1],
    [1, 2, 4],
    [3, 1],
    [5, 3, 1, 2],
    [1, 0, 3],
    [1000, 1],
  ];
  const drawn = (weights: number[], seed: number) => {
    const service = serviceOf('twos', ...weights);
    return judgeHeld(
      service,
      heldBy('twos', service, heldFor(service, undefined) ?? { first: 8, then: 4 }, [], seed),
    );
  };

  it.each(WEIGHTS.map((weights) => [weights]))('with weights %j may fall as they like', (weights) => {
    const outcomes = Array.from({ length: 100 }, (_, index) => drawn(weights, index + 1).outcome);
    expect(new Set(outcomes)).toEqual(new Set(['pass']));
  });

  it.each(WEIGHTS.slice(0, -1).map((weights) => [weights]))(
    'with weights %j never fall as any other scheduler sends',
    (weights) => {
      const others = SIMULATED.filter((scheduler) => scheduler !== 'twos');
      expect(others.filter((actual) => judged('twos', actual, weights) !== 'fail')).toEqual([]);
    },
  );

  it('that are few are not told from others, which is said', () => {
    const service = serviceOf('twos', 1, 1);
    const check = judgeHeld(service, heldBy('wlc', service, { first: 8, then: 4 }));
    expect(check).toMatchObject({
      outcome: 'pass',
      detail: expect.stringContaining(
        'lot (as a hash of client and port, lc, wlc, sed, nq, lblcr could have here)',
      ) as string,
    });
    const more = judgeHeld(service, heldBy('wlc', service, { first: 48, then: 16 }));
    expect(more).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringMatching(
        /, but lots hardly ever fall like that: \w+ is \d{4,5} times as likely to do it; twos sends each to the less busy for its weight of two that were drawn by lot$/,
      ) as string,
    });
  });

  it('give a real server that is full or has no weight nothing', () => {
    const service = serviceOf('twos', 1, 0);
    expect(judgeHeld(service, heldBy('rr', service, { first: 4, then: 2 }))).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('connection 2 went to rs2, not to rs1') as string,
    });
  });

  it('hardly ever fall on the busiest again and again', () => {
    // Of two of weight 1 the first of the kernel’s list is drawn with 2/3, so twice with 4/9; the other with 1/9.
    const service = serviceOf('twos', 1, 1);
    const many = heldBy('fo', service, { first: 40, then: 0 });
    expect(judgeHeld(service, many)).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining(
        'a hash of the client is more than a million times as likely',
      ) as string,
    });
  });
});

describe('limits', () => {
  const limited = (scheduler: Scheduler, ...uppers: number[]) => {
    const service = serviceOf(scheduler, ...uppers.map(() => 1));
    service.servers.forEach((server, index) => (server.upper = uppers[index] ?? 0));
    return service;
  };

  it('are filled, two more are refused, and a server that gets more than its limit is seen', () => {
    const service = limited('rr', 4, 6);
    const loads = loadsOf(service, [
      table(service, [
        { weight: 1, active: 0, inactive: 0 },
        { weight: 1, active: 1, inactive: 0 },
      ]),
    ]);
    expect(heldFor(service, loads)).toEqual({ first: 11, then: 6 });
    const good = judgeHeld(service, heldBy('lc', service, { first: 12, then: 2 }));
    expect(good).toMatchObject({ outcome: 'pass', title: 'limits' });
    expect(good.detail).toContain('(refused 2, rs1 4, rs2 6)');
    expect(judgeHeld(service, heldBy('rr', service, { first: 12, then: 2 }))).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('connection 9 went to rs1, not to rs2') as string,
    });
    // Refused although there is room.
    expect(judgeHeld(service, heldBy('lc', limited('lc', 2, 2), { first: 5, then: 1 })).outcome).toBe('fail');
    expect(judgeHeld(service, heldBy('lc', service, { first: 2, then: 1 })).detail).toContain(
      '(none came to its limit)',
    );
  });

  it('count what has ended, and stay reached until enough is forgotten', () => {
    const service = limited('lc', 8, 8);
    const [first, second] =
      loadsOf(service, [
        table(service, [
          { weight: 1, active: 2, inactive: 6 },
          { weight: 1, active: 6, inactive: 0 },
        ]),
      ]) ?? [];
    expect(first?.full).toBe('yes');
    // Six of eight: full until five, if it was full before; nobody knows.
    expect(second?.full).toBe('maybe');
    expect(roomOf([first, second].filter((load) => load !== undefined))).toBe(0);
    const lower = { ...service, servers: service.servers.map((server) => ({ ...server, lower: 7 })) };
    expect(loadsOf(lower, [table(lower, [{ weight: 1, active: 2, inactive: 4 }])])?.[0]?.full).toBe('no');
  });
});

it('the director’s table is read for the service alone', () => {
  const service = serviceOf('lc', 3, 1);
  const text = table(service, [
    { weight: 3, active: 5, inactive: 7 },
    { weight: 1, active: 0, inactive: 12 },
  ]);
  expect(parseLoads(text, service)).toEqual([
    { destination: '10.0.0.11:8080', weight: 3, active: 5, inactive: 7 },
    { destination: '10.0.0.12:8080', weight: 1, active: 0, inactive: 12 },
  ]);
  expect(loadsOf(serviceOf('lc', 1, 1, 1), [text])).toBeUndefined();
  expect(parseLoads('', service)).toEqual([]);
});

describe('datagrams of new client ports', () => {
  /** All that the director has of them are entries that have ended; some from before end meanwhile. */
  const heldOf = (judged: PlannedService, servers: string, before: number[], during: number[]) => {
    const load = (inactive: number) => ({ weight: 1, active: 0, inactive });
    return judgeHeld(judged, {
      events: servers
        .split(' ')
        .map((server, index) => ({ kind: 'opened' as const, connection: connection(server, index) })),
      before: [table(judged, before.map(load))],
      during: [table(judged, during.map(load))],
    });
  };
  const lc = overUdp(serviceOf('lc', 1, 1));

  it('go to the server with the fewest entries', () => {
    expect(heldOf(lc, 'rs1 rs1 rs1 rs2 rs1 rs2', [0, 3], [4, 5])).toMatchObject({
      outcome: 'pass',
      detail: expect.stringMatching(/^6 datagrams of new client ports \(rs1 4, rs2 2\): each to/) as string,
    });
    expect(heldOf(lc, 'rs1 rs1 rs1 rs1', [0, 1], [4, 1])).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('connection 3 went to rs1, not to rs2') as string,
    });
  });

  it('are followed where entries from before end meanwhile, and not where others came', () => {
    expect(heldOf(lc, 'rs1 rs2 rs1', [3, 4], [4, 4]).outcome).toBe('pass');
    expect(heldOf(lc, 'rs1 rs2', [0, 0], [1, 3])).toMatchObject({
      outcome: 'unknown',
      detail: 'datagrams of others came meanwhile: rs2 has 3 entries',
    });
  });

  it('are not sent to fill a limit, nor more TCP connections to a DNS server than it takes', () => {
    const limited = overUdp(serviceOf('lc', 1, 1));
    limited.servers.forEach((server) => (server.upper = 4));
    expect(heldFor(limited, undefined)).toBeUndefined();
    const tcp: PlannedService = { ...lc, protocol: 'tcp' };
    expect(heldFor(tcp, undefined)).toEqual({ first: 8, then: 4 });
    expect(
      heldFor({ ...tcp, ...overUdp(serviceOf('wlc', 9, 1)), protocol: 'tcp' }, undefined),
    ).toBeUndefined();
  });
});

it('the director’s table is read by protocol and by mark', () => {
  const text = [
    'TCP  192.0.2.100:53 rr',
    '  -> 10.0.0.11:53                 Route   1      1          1         ',
    'UDP  192.0.2.100:53 rr',
    '  -> 10.0.0.11:53                 Route   2      2          2         ',
    'FWM  53 rr',
    '  -> 10.0.0.11:0                  Route   3      3          3         ',
    'FWM  53 IPv6 rr',
    '  -> [2001:db8::11]:0             Route   4      4          4         ',
  ].join('\n');
  const weights = (service: PlannedService) => parseLoads(text, service).map(({ weight }) => weight);
  const udp = overUdp(serviceOf('rr', 1));
  expect(weights(udp)).toEqual([2]);
  expect(weights({ ...udp, protocol: 'tcp' })).toEqual([1]);
  expect(weights({ ...udp, mark: 53 })).toEqual([3]);
  expect(weights({ ...udp, mark: 53, vip: '2001:db8::100' })).toEqual([4]);
  expect(loadsOf({ ...udp, mark: 53 }, [text])?.[0]).toMatchObject({ node: 'rs1', active: 3 });
});
