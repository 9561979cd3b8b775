import { describe, expect, it } from 'vitest';
import type { PlannedService } from '../../../../src/plan/types.ts';
import { judgeProbes, probesFor } from '../../../../src/proof/schedulers/judge-probes.ts';
import type { Probes } from '../../../../src/traffic/probes.ts';
import { serviceOf } from '../requests/replies.ts';

/** So many addresses or ports, forth and back, each sent where `choose` says; its second argument counts connections. */
function probes(
  by: Probes['by'],
  count: number,
  choose: (index: number, time: number) => string | undefined,
): Probes {
  const order = Array.from({ length: count }, (_, index) => index);
  return {
    by,
    connections: [...order, ...order.toReversed()].map((index, time) => {
      const server = choose(index, time);
      return {
        client: 'client',
        address: `192.0.2.${by === 'address' ? 100 + index : 101}`,
        port: by === 'port' ? 40000 + index : 50000 + time,
        server,
        error: server === undefined ? 'Connection refused' : '',
      };
    }),
  };
}

const rs = (number: number) => `rs${number + 1}`;
const sticky = (index: number) => rs((index * 7) % 3);
const inTurn = (_: number, time: number) => rs(time % 3);
const service = (scheduler: 'sh' | 'mh' | 'dh' | 'rr', extra: Partial<PlannedService> = {}) => ({
  ...serviceOf(scheduler, 1, 1, 1),
  ...extra,
});

describe('a hash', () => {
  it('passes where each client kept its server and all servers have some', () => {
    expect(judgeProbes(service('sh'), probes('address', 40, sticky))).toEqual({
      id: 'scheduler',
      title: 'scheduler',
      outcome: 'pass',
      detail:
        '80 connections of 40 client addresses: each kept its real server (rs1 14, rs2 13, rs3 13), by source hash',
      evidence: [],
    });
    expect(judgeProbes(service('mh', { flags: ['mh-port'] }), probes('port', 48, sticky)).detail).toContain(
      'of 48 client ports: each kept its real server (rs1 16, rs2 16, rs3 16), by Maglev hash of the source and port',
    );
    expect(
      judgeProbes(
        service('dh'),
        probes('address', 10, () => 'rs2'),
      ),
    ).toMatchObject({ outcome: 'pass' });
  });

  it('fails where one met two, however many clients there are', () => {
    for (const count of [1, 2, 3, 39, 40, 41])
      expect(judgeProbes(service('sh'), probes('address', count, inTurn)).outcome, String(count)).toBe(
        'fail',
      );
    expect(judgeProbes(service('dh'), probes('address', 10, sticky)).detail).toBe(
      '192.0.2.100 met rs1 and rs2 and rs3, but dh promises one real server for each VIP',
    );
  });

  it('fails where a server is left out that an even hash would not leave out, and says the odds', () => {
    const check = judgeProbes(
      service('sh'),
      probes('address', 40, () => 'rs1'),
    );
    expect(check.outcome).toBe('fail');
    expect(check.detail).toContain(
      'rs2, rs3 got none (rs1 40), which an even source hash does once in 3685777 times',
    );
  });

  it('is not well where a server is left out that an even hash hardly ever leaves out', () => {
    expect(
      judgeProbes(
        service('sh'),
        probes('address', 31, (index) => rs(index % 2)),
      ),
    ).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringContaining(
        'rs3 got none (rs1 16, rs2 15), which an even source hash does once in',
      ) as string,
    });
  });

  it('does not judge the spread of few', () => {
    expect(
      judgeProbes(
        service('sh'),
        probes('address', 5, () => 'rs1'),
      ),
    ).toMatchObject({
      outcome: 'pass',
      detail: expect.stringMatching(/; too few client addresses to judge how it spreads$/) as string,
    });
  });

  it('says nothing where a connection was not answered', () => {
    expect(
      judgeProbes(
        service('sh'),
        probes('address', 5, (i) => (i === 3 ? undefined : 'rs1')),
      ),
    ).toMatchObject({
      outcome: 'unknown',
      detail: '2 of 10 connections were not answered: Connection refused',
    });
    expect(judgeProbes(service('sh'), { by: 'address', connections: [] }).outcome).toBe('unknown');
  });
});

describe('persistence', () => {
  const persistent = (prefix?: number) =>
    service('rr', { persistence: { timeout: 30, ...(prefix === undefined ? {} : { prefix }) } });

  it('keeps each address, or each network, with one server', () => {
    expect(judgeProbes(persistent(), probes('address', 6, sticky))).toMatchObject({
      id: 'persistence',
      outcome: 'pass',
      detail:
        '12 connections of 6 clients: each kept its real server (rs1 2, rs2 2, rs3 2) for 30 s after its last',
    });
    // .100 to .111 and .112 to .119 are in two blocks of sixteen.
    expect(
      judgeProbes(
        persistent(28),
        probes('address', 20, (i) => (i < 12 ? 'rs1' : 'rs2')),
      ),
    ).toMatchObject({
      outcome: 'pass',
      detail: expect.stringContaining('of 2 client networks') as string,
    });
  });

  it('fails without it, and with too narrow a mask', () => {
    expect(judgeProbes(persistent(), probes('address', 6, inTurn)).outcome).toBe('fail');
    expect(judgeProbes(persistent(28), probes('address', 20, sticky)).detail).toMatch(
      /^192\.0\.2\.96\/28 met rs1 and rs2 and rs3, and 1 more such, but persistence promises one real server for each client network$/,
    );
  });
});

it('is asked for by what the service has', () => {
  expect(probesFor(service('rr'))).toBeUndefined();
  expect(probesFor(service('sh'))).toBe('address');
  expect(probesFor(service('sh', { flags: ['sh-fallback'] }))).toBe('address');
  expect(probesFor(service('sh', { flags: ['sh-fallback', 'sh-port'] }))).toBe('port');
  expect(probesFor(service('sh', { flags: ['sh-port'], persistence: { timeout: 1 } }))).toBe('address');
});
