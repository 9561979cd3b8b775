import { describe, expect, it } from 'vitest';
import type { PlannedService } from '../../../../src/plan/types.ts';
import { parseConnections } from '../../../../src/proof/director-table.ts';
import { judgeOnePacket, judgeOnePort, parseScheduled } from '../../../../src/proof/one-packet.ts';
import type { Reply } from '../../../../src/traffic/replies.ts';
import { overUdp, repliesFrom, serviceOf } from './replies.ts';

const sticky = overUdp(serviceOf('rr', 1, 1));
const onePacket: PlannedService = { ...sticky, onePacket: true };

/** Output of `ipvsadm -Ln --stats --exact` (1.31). */
const STATS = `IP Virtual Server version 1.2.1 (size=256)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  192.0.2.100:53                     20      100        0     7280        0
  -> 10.0.0.11:53                       10       50        0     3640        0
  -> 10.0.0.12:53                       10       50        0     3640        0
UDP  192.0.2.100:53                      7        7        0      364        0
  -> 10.0.0.11:53                        4        4        0      208        0
  -> 10.0.0.12:53                        3        3        0      156        0
FWM  7                                   2        2        0      104        0
  -> 10.0.0.11:0                         2        2        0      104        0
`;

describe('what a director has scheduled', () => {
  it('is read for one service', () => {
    expect([...parseScheduled(STATS, onePacket)]).toEqual([
      ['10.0.0.11:53', 4],
      ['10.0.0.12:53', 3],
    ]);
    expect([...parseScheduled(STATS, { ...onePacket, mark: 7 })]).toEqual([['10.0.0.11:0', 2]]);
  });

  it('is nothing where the service, or everything, is missing', () => {
    expect(parseScheduled(STATS, { ...onePacket, port: 54 }).size).toBe(0);
    expect(parseScheduled('', onePacket).size).toBe(0);
  });
});

describe('one-packet scheduling, by the director', () => {
  const counts = (rs1: number, rs2: number) =>
    new Map([
      ['10.0.0.11:53', rs1],
      ['10.0.0.12:53', rs2],
    ]);
  const replies = repliesFrom('rs1 rs2 rs1 rs2');

  it('is kept where it counted what was answered, and has no entry', () => {
    expect(judgeOnePacket(onePacket, replies, [], counts(5, 5), counts(7, 7))).toMatchObject({
      outcome: 'pass',
      detail: 'ipvsadm counted 4 datagrams, and keeps no entry of them',
    });
  });

  it('is broken by an entry', () => {
    const rows = parseConnections(
      'UDP 04:59  UDP         192.0.2.101:40000  192.0.2.100:53     10.0.0.11:53\n',
    );
    expect(judgeOnePacket(onePacket, replies, rows, counts(0, 0), counts(2, 2))).toMatchObject({
      outcome: 'fail',
      detail: 'the director keeps 1 connection entries, and one-packet scheduling keeps none',
    });
    const others = rows.map((row) => ({ ...row, client: '192.0.2.101:5' }));
    expect(judgeOnePacket(onePacket, replies, others, counts(0, 0), counts(2, 2)).outcome).toBe('pass');
  });

  it('is broken by datagrams that went past the director', () => {
    expect(judgeOnePacket(onePacket, replies, [], counts(5, 5), counts(6, 7))).toMatchObject({
      outcome: 'fail',
      evidence: ['rs1 answered 2 datagrams, and the director counted 1'],
    });
  });

  it('is not contradicted by what was asked in vain', () => {
    expect(
      judgeOnePacket(onePacket, repliesFrom('rs1 - rs1 -'), [], counts(0, 0), counts(2, 2)).outcome,
    ).toBe('pass');
    expect(judgeOnePacket(onePacket, repliesFrom('- -'), [], counts(0, 0), counts(0, 0)).outcome).toBe(
      'unknown',
    );
  });
});

describe('one client port', () => {
  const from = (client: string, servers: string): Reply[] =>
    repliesFrom(servers).map((reply) => ({ ...reply, client, clientPort: 10_000 }));

  it('stays with the real server of its first datagram', () => {
    expect(judgeOnePort(sticky, from('client', 'rs2 rs2 rs2'))).toMatchObject({
      id: 'one-port',
      outcome: 'pass',
      detail: '3 datagrams from one port: to rs2, all where the first one went',
    });
    expect(judgeOnePort(sticky, [...from('a', 'rs2 rs2'), ...from('b', 'rs1 rs1')])).toMatchObject({
      outcome: 'pass',
      detail: '2 datagrams from one port of each client: a to rs2, b to rs1, all where the first one went',
    });
    expect(judgeOnePort(sticky, from('client', 'rs2 rs1 rs2'))).toMatchObject({
      outcome: 'fail',
      detail: '3 datagrams from one port: to rs2 and rs1, but all should go where the first one went',
    });
  });

  it('goes by one-packet scheduling as the scheduler says', () => {
    expect(judgeOnePort(onePacket, from('client', 'rs2 rs1 rs2 rs1'))).toMatchObject({
      outcome: 'pass',
      detail: '4 datagrams from one port: rs1 2, rs2 2: round robin, each datagram by itself',
    });
    expect(judgeOnePort(onePacket, from('client', 'rs2 rs2 rs2 rs2')).outcome).toBe('fail');
    const each = [...from('a', 'rs2 rs2'), ...from('b', 'rs1 rs1')];
    expect(judgeOnePort(onePacket, each)).toMatchObject({
      outcome: 'fail',
      detail: '2 datagrams from one port of each client: a: rs1 0, rs2 2, but rr promises round robin',
    });
    const both = [...from('a', 'rs2 rs1'), ...from('b', 'rs2 rs1')];
    expect(judgeOnePort(onePacket, both)).toMatchObject({
      outcome: 'pass',
      detail: '2 datagrams from one port of each client: rs1 1, rs2 1: round robin, each datagram by itself',
    });
    const lasting = { ...onePacket, persistence: { timeout: 30 } };
    expect(judgeOnePort(lasting, from('client', 'rs2 rs2 rs2 rs2')).outcome).toBe('pass');
  });

  it('says nothing where a datagram was not answered', () => {
    expect(judgeOnePort(sticky, from('client', 'rs2 -')).outcome).toBe('unknown');
    expect(judgeOnePort(sticky, []).outcome).toBe('unknown');
  });
});
