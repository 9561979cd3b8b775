import { describe, expect, it } from 'vitest';
import type { PlannedService } from '../../../../src/plan/types.ts';
import {
  judgeCommonRound,
  judgePersistentGroup,
  markGroups,
  turnsFor,
} from '../../../../src/proof/mark-group.ts';
import { repliesFrom, serviceOf } from './replies.ts';

const plain: PlannedService = { ...serviceOf('rr', 1, 1), mark: 1 };
const secure: PlannedService = { ...plain, port: 443, application: 'https' };
const group = [plain, secure];
const persistent = group.map((service) => ({ ...service, persistence: { timeout: 60 } }));

/** Replies of one client to services turn about. */
function turns(client: string, services: PlannedService[], servers: string) {
  return repliesFrom(servers).map((reply, index) => ({
    service: services[index % services.length] ?? plain,
    reply: { ...reply, client },
  }));
}

describe('the services of a mark', () => {
  it('are those with the same mark and directors', () => {
    const other = { ...plain, port: 81, mark: 2 };
    const elsewhere = { ...plain, port: 82, directors: ['director2'] };
    expect(markGroups([plain, serviceOf('rr', 1), other, secure, elsewhere])).toEqual([[plain, secure]]);
    expect(markGroups([serviceOf('rr', 1)])).toEqual([]);
  });

  it('are asked turn about where round robin shows them to be one', () => {
    expect(turnsFor(group)).toBe(4);
    expect(turnsFor(persistent)).toBe(0);
    expect(turnsFor([{ ...plain, scheduler: 'wlc' }])).toBe(0);
  });
});

describe('a persistent group', () => {
  it('keeps each client on all ports with one real server', () => {
    const replies = [...turns('a', persistent, 'rs1 rs1 rs1'), ...turns('b', persistent, 'rs2 rs2 rs2')];
    expect(judgePersistentGroup(persistent, replies)).toEqual({
      id: 'mark-1',
      title: 'mark 1: one service',
      outcome: 'pass',
      detail: 'ports 80 and 443: a only rs1, b only rs2',
      evidence: [],
    });
  });

  it('is none where a client has another real server on another port', () => {
    const replies = [...turns('a', persistent, 'rs1 rs2 rs1'), ...turns('b', persistent, 'rs2 rs2')];
    expect(judgePersistentGroup(persistent, replies)).toMatchObject({
      outcome: 'fail',
      detail: 'a came to several real servers: ports 80 and 443 are not one persistent service',
      evidence: ['a on 80: rs1', 'a on 443: rs2'],
    });
  });

  it('is unknown where a request was not answered, or none was sent', () => {
    expect(judgePersistentGroup(persistent, turns('a', persistent, 'rs1 -')).outcome).toBe('unknown');
    expect(judgePersistentGroup(persistent, []).outcome).toBe('unknown');
  });
});

describe('a group without persistence', () => {
  it.each([
    ['rs1 rs2 rs1 rs2 rs1 rs2', 'pass'],
    // Two services that each begin with rs1.
    ['rs1 rs1 rs2 rs2 rs1 rs1', 'fail'],
    // Two services, the second half a round ahead.
    ['rs1 rs2 rs2 rs1 rs1 rs2', 'fail'],
    ['rs1 rs2 rs1 -', 'unknown'],
  ])('answered turn about by %s: %s', (servers, outcome) => {
    expect(judgeCommonRound(group, turns('a', group, servers)).outcome).toBe(outcome);
  });

  it('needs every real server in every stretch of as many requests', () => {
    const three = { ...plain, servers: serviceOf('rr', 1, 1, 1).servers };
    const services = [three, { ...three, port: 443 }];
    expect(judgeCommonRound(services, turns('a', services, 'rs2 rs3 rs1 rs2 rs3 rs1')).outcome).toBe('pass');
    expect(judgeCommonRound(services, turns('a', services, 'rs2 rs3 rs1 rs3 rs2 rs1')).outcome).toBe('fail');
  });
});
