import { describe, expect, it } from 'vitest';
import { judgeDistribution, requestsFor, takesTurns } from '../../../../src/proof/distribution.ts';
import { isPartOfRound, roundOf } from '../../../../src/proof/schedulers/turns.ts';
import { repliesFrom, serviceOf } from '../requests/replies.ts';

/** One round of wrr as the kernel goes (ip_vs_wrr.c): the level falls, and each that reaches it has a turn. */
function roundBy(weights: number[], unit: number): number[] {
  const turns: number[] = [];
  for (let level = Math.max(...weights); level > 0; level -= unit)
    weights.forEach((weight, server) => {
      if (weight >= level) turns.push(server);
    });
  return turns;
}

const counted = (turns: number[]) => {
  const counts = new Map<string, number>();
  for (const server of turns) counts.set(`rs${server + 1}`, (counts.get(`rs${server + 1}`) ?? 0) + 1);
  return counts;
};

describe('part of a round of wrr', () => {
  it.each([
    [[1000, 1], 1],
    [[100, 50, 25], 25],
    [[65535, 65534, 3], 1],
    [[40, 0, 7, 40], 1],
  ])('with weights %j is known wherever it begins', (weights, unit) => {
    const servers = serviceOf('wrr', ...weights).servers;
    const round = roundBy(weights, unit);
    expect(roundOf(weights.filter((w) => w > 0))).toBe(round.length);
    const starts = Array.from({ length: 150 }, (_, index) => Math.floor((index * round.length) / 150));
    for (const start of [...starts, round.length - 1, Math.max(0, round.length - 30)]) {
      const part = Array.from({ length: 64 }, (_, index) => round[(start + index) % round.length] ?? 0);
      expect(isPartOfRound(servers, counted(part)), `from ${start}`).toBe(true);
    }
  });

  it('is not what rr, or another weight, would give', () => {
    const servers = serviceOf('wrr', 1000, 1).servers;
    const is = (one: number, two: number) =>
      isPartOfRound(
        servers,
        new Map([
          ['rs1', one],
          ['rs2', two],
        ]),
      );
    expect(is(64, 0)).toBe(true);
    expect(is(63, 1)).toBe(true);
    expect(is(62, 2)).toBe(false);
    expect(is(32, 32)).toBe(false);
    expect(is(0, 64)).toBe(false);
  });

  it('is quick where the round is very long', () => {
    const weights = Array.from({ length: 250 }, (_, index) => 65535 - index * 200);
    const began = performance.now();
    isPartOfRound(serviceOf('wrr', ...weights).servers, new Map([['rs1', 64]]));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('the distribution', () => {
  it('of wrr 1000:1 is judged by 64 requests, and says so', () => {
    const service = serviceOf('wrr', 1000, 1);
    expect(requestsFor(service)).toBe(64);
    const replies = (text: string) => repliesFrom(text);
    expect(judgeDistribution(service, replies(Array(64).fill('rs1').join(' ')))).toMatchObject({
      outcome: 'pass',
      detail: 'rs1 64, rs2 0: a part of a round of 1001 by weighted round robin 1000:1',
    });
    expect(judgeDistribution(service, replies(Array(32).fill('rs1 rs2').join(' '))).outcome).toBe('fail');
  });

  it('of whole rounds is exact as before', () => {
    expect(requestsFor(serviceOf('wrr', 63, 1))).toBe(64);
    expect(requestsFor(serviceOf('wrr', 64, 1))).toBe(64);
    expect(
      judgeDistribution(serviceOf('wrr', 3, 1), repliesFrom('rs1 rs1 rs1 rs2 rs1 rs1 rs1 rs1')).outcome,
    ).toBe('fail');
  });

  it('of a persistent service is one server for a client, whatever the scheduler', () => {
    const service = { ...serviceOf('rr', 1, 1), persistence: { timeout: 5 } };
    expect(judgeDistribution(service, repliesFrom('rs2 rs2 rs2')).outcome).toBe('pass');
    expect(judgeDistribution(service, repliesFrom('rs2 rs1 rs2')).outcome).toBe('fail');
  });

  it('of a hash that takes the port is free, but for servers of weight 0', () => {
    const service = { ...serviceOf('sh', 1, 1, 0), flags: ['sh-port' as const] };
    expect(judgeDistribution(service, repliesFrom('rs2 rs1 rs2')).outcome).toBe('pass');
    expect(judgeDistribution(service, repliesFrom('rs2 rs3 rs2')).outcome).toBe('fail');
  });

  it('reaches all servers only in whole rounds', () => {
    expect(takesTurns(serviceOf('rr', 1, 1))).toBe(true);
    expect(takesTurns(serviceOf('wrr', 1, 3))).toBe(true);
    expect(takesTurns(serviceOf('wrr', 1, 300))).toBe(false);
    expect(takesTurns(serviceOf('lc', 1, 1))).toBe(false);
    expect(takesTurns({ ...serviceOf('rr', 1, 1), persistence: { timeout: 5 } })).toBe(false);
  });
});
