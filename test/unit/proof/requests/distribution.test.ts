import { describe, expect, it } from 'vitest';
import { overall, type Check, type Outcome } from '../../../../src/proof/check.ts';
import { judgeAnswers, judgeDistribution, requestsFor } from '../../../../src/proof/distribution.ts';
import { SCHEDULERS, type Scheduler } from '../../../../src/topology/types.ts';
import { repliesFrom, serviceOf } from './replies.ts';

describe('the number of requests', () => {
  it.each<[Scheduler, number[], number]>([
    ['rr', [1], 8],
    ['rr', [1, 1], 8],
    ['rr', [1, 1, 1], 9],
    ['rr', [5, 5], 8],
    ['rr', [1, 0], 8],
    ['wrr', [1, 2], 9],
    ['wrr', [2, 4], 9],
    ['wrr', [3, 1], 8],
    ['wrr', [6, 10], 8],
    ['wrr', [1, 0, 2], 9],
    ['wrr', [7, 4], 11],
    ['wrr', [0, 0], 8],
    ['sh', [1, 1, 1, 1, 1, 1, 1, 1, 1], 9],
  ])('for %s with weights %j is %i', (scheduler, weights, count) => {
    expect(requestsFor(serviceOf(scheduler, ...weights))).toBe(count);
  });
});

describe('answers', () => {
  const service = serviceOf('rr', 1, 1);

  it('pass where each request was answered by a real server', () => {
    expect(judgeAnswers(service, repliesFrom('rs1 rs2 rs1'))).toEqual({
      id: 'answers',
      title: 'answers',
      outcome: 'pass',
      detail: '3 of 3 requests to 192.0.2.100:80',
      evidence: [],
    });
  });

  it('fail with the reason where one was not', () => {
    const check = judgeAnswers(service, repliesFrom('rs1 - rs1 -'));
    expect(check.outcome).toBe('fail');
    expect(check.detail).toBe('2 of 4 requests to 192.0.2.100:80: Connection timed out');
    expect(check.evidence).toEqual([
      'client port 40001: Connection timed out',
      'client port 40003: Connection timed out',
    ]);
  });

  it('fail where somebody else answered', () => {
    const check = judgeAnswers(service, repliesFrom('rs1 rs9'));
    expect(check.outcome).toBe('fail');
    expect(check.detail).toBe(
      '1 of 2 requests to 192.0.2.100:80: rs9 answered, which is no real server of it',
    );
    expect(check.evidence).toEqual(['client port 40001: rs9']);
  });

  it('counts each kind of error, whatever the milliseconds, and names the clients where there are several', () => {
    const [reply] = repliesFrom('-');
    if (reply === undefined) throw new Error('no reply');
    const failed = (client: string, error: string) => ({ ...reply, client, error });
    const of = (clients: string[]) =>
      judgeAnswers(service, [
        ...clients.map((client, i) => failed(client, `Connection timed out after ${3000 + i} milliseconds`)),
        failed('one', 'Failed to connect to 192.0.2.100:80 after 2 ms: Could not connect to server'),
        failed('one', 'Failed to connect to 192.0.2.100:80 after 5 ms: Could not connect to server'),
      ]).detail;
    expect(of(['one', 'one', 'one'])).toBe(
      '0 of 5 requests to 192.0.2.100:80: 3 × Connection timed out after 3000 milliseconds; 2 × Failed to connect to 192.0.2.100:80 after 2 ms: Could not connect to server',
    );
    expect(of(['one', 'two', 'two'])).toMatch(
      /: 3 × Connection timed out after 3000 milliseconds \(one 1 and two 2\); 2 × Failed .* \(one 2\)$/,
    );
  });

  it('are unknown where nobody asked', () => {
    expect(judgeAnswers(service, []).outcome).toBe('unknown');
  });
});

describe('distribution', () => {
  it.each<[Scheduler, number[], string, Outcome]>([
    ['rr', [1, 1], 'rs1 rs2 rs1 rs2', 'pass'],
    // Round robin takes no notice of weights but 0.
    ['rr', [1, 9], 'rs1 rs2 rs1 rs2', 'pass'],
    ['rr', [1, 1], 'rs1 rs1 rs1 rs2', 'fail'],
    ['rr', [1, 1], 'rs1 rs1 rs1 rs1', 'fail'],
    ['rr', [1, 0], 'rs1 rs1', 'pass'],
    ['rr', [1, 0], 'rs1 rs2', 'fail'],
    ['rr', [1, 1], 'rs1 - rs1 rs2', 'unknown'],
    ['rr', [1, 1], '- -', 'unknown'],
    ['rr', [1, 1], 'rs1 rs2 rs1 rs9', 'fail'],
    ['wrr', [1, 2], 'rs2 rs1 rs2', 'pass'],
    ['wrr', [2, 4], 'rs2 rs1 rs2', 'pass'],
    ['wrr', [1, 2], 'rs1 rs2 rs1', 'fail'],
    ['wrr', [1, 2, 0], 'rs2 rs1 rs2', 'pass'],
    ['wrr', [1, 2, 0], 'rs2 rs1 rs3', 'fail'],
    ['sh', [1, 1], 'rs2 rs2 rs2', 'pass'],
    ['sh', [1, 1], 'rs2 rs1 rs2', 'fail'],
    ['sh', [1, 0], 'rs2 rs2 rs2', 'fail'],
    ['dh', [1, 1], 'rs1 rs1', 'pass'],
    ['mh', [1, 1], 'rs1 rs2', 'fail'],
    ['lblc', [1, 1], 'rs1 rs2', 'fail'],
    ['fo', [1, 5, 3], 'rs2 rs2', 'pass'],
    ['fo', [1, 5, 3], 'rs3 rs3', 'fail'],
    ['fo', [1, 5, 3], 'rs2 rs1', 'fail'],
    // Of equals whichever the kernel has first in its list, but always the same one.
    ['fo', [5, 5], 'rs1 rs1', 'pass'],
    ['fo', [5, 5, 3], 'rs2 rs2', 'pass'],
    ['fo', [5, 5, 3], 'rs1 rs2', 'fail'],
    ['fo', [5, 5, 3], 'rs3 rs3', 'fail'],
    ['ovf', [1, 1, 1], 'rs3 rs3', 'pass'],
    ['ovf', [1, 5], 'rs2 rs2', 'pass'],
    ['ovf', [1, 5], 'rs1 rs1', 'fail'],
    ['lc', [1, 1], 'rs1 rs1 rs1', 'pass'],
    ['lc', [1, 0], 'rs1 rs2', 'fail'],
    ['lc', [1, 1], 'rs1 rs9', 'fail'],
    ['wlc', [0, 1], 'rs2 rs2', 'pass'],
    ['sed', [0, 1], 'rs1 rs2', 'fail'],
    ['nq', [1, 1], 'rs1 rs2', 'pass'],
    ['lblcr', [1, 0], 'rs2', 'fail'],
  ])('%s with weights %j answered by %s: %s', (scheduler, weights, servers, outcome) => {
    const check = judgeDistribution(serviceOf(scheduler, ...weights), repliesFrom(servers));
    expect(check.outcome).toBe(outcome);
    expect(check.id).toBe('distribution');
  });

  it.each<[Scheduler, number[], string, Outcome]>([
    ['rr', [1, 1, 1], 'rs1 rs1 rs3 rs1 rs1 rs3', 'pass'],
    ['rr', [1, 1, 1], 'rs1 rs3 rs1 rs3 rs1 rs3', 'fail'],
    ['rr', [1, 0, 1], 'rs1 rs3 rs1 rs3', 'pass'],
    ['wrr', [1, 2, 1], 'rs1 rs1 rs1 rs3', 'pass'],
    ['wrr', [1, 2, 1], 'rs1 rs1 rs3 rs3', 'fail'],
    ['fo', [1, 5, 3], 'rs1 rs1', 'pass'],
  ])(
    '%s counts a node with two ports twice, with weights %j answered by %s: %s',
    (scheduler, weights, servers, outcome) => {
      const service = serviceOf(scheduler, ...weights);
      const [one, two, three] = service.servers;
      if (one === undefined || two === undefined || three === undefined)
        throw new Error('three real servers');
      const twice = {
        ...service,
        servers: [one, { ...two, node: one.node, address: one.address, port: 8081 }, three],
      };
      expect(judgeDistribution(twice, repliesFrom(servers)).outcome).toBe(outcome);
    },
  );

  it('says what was counted and what was promised', () => {
    const detail = (scheduler: Scheduler, servers: string) =>
      judgeDistribution(serviceOf(scheduler, 1, 2), repliesFrom(servers)).detail;
    expect(detail('rr', 'rs1 rs2')).toBe('rs1 1, rs2 1: round robin');
    expect(detail('wrr', 'rs2 rs1 rs2')).toBe('rs1 1, rs2 2: weighted round robin 1:2');
    expect(detail('wrr', 'rs1 rs1 rs2')).toBe('rs1 2, rs2 1, but wrr promises weighted round robin 1:2');
    expect(detail('rr', '- rs2')).toBe('rs1 0, rs2 1: not every request was answered');
  });

  it.each(SCHEDULERS)('%s has an expectation that a server without weight breaks', (scheduler) => {
    expect(judgeDistribution(serviceOf(scheduler, 0, 1), repliesFrom('rs1 rs1')).outcome).toBe('fail');
    expect(judgeDistribution(serviceOf(scheduler, 0, 1), repliesFrom('rs2 rs2')).outcome).toBe('pass');
  });

  it('is unknown where nobody asked', () => {
    expect(judgeDistribution(serviceOf('rr', 1), []).outcome).toBe('unknown');
  });
});

describe('all checks together', () => {
  const checks = (outcomes: string) =>
    outcomes.split(' ').map((outcome): Check => ({
      id: '',
      title: '',
      outcome: outcome as Outcome,
      detail: '',
      evidence: [],
    }));

  it.each([
    ['pass pass', 'pass'],
    ['pass unknown', 'unknown'],
    ['unknown fail pass', 'fail'],
  ])('%s is %s', (outcomes, worst) => {
    expect(overall(checks(outcomes))).toBe(worst);
  });

  it('none is unknown', () => {
    expect(overall([])).toBe('unknown');
  });
});
