import { describe, expect, it } from 'vitest';
import { aboutService } from '../../../src/drift/about-service.ts';
import { judgeShared, judgeTable, type TableLook } from '../../../src/proof/judge-table.ts';
import { recorded, swap } from '../drift/recorded.ts';
import { nodeOf, planOf, shipped } from '../plan/labs.ts';

const NAT = shipped('nat').services.slice(0, 1);
const MARK = shipped('mark').services;

/** What the directors' rows say when the recorded director's dump was changed so. */
function judged(lab: 'nat' | 'mark', change: (dump: string) => string) {
  const services = lab === 'nat' ? NAT : MARK;
  const node = nodeOf(shipped(lab), 'director');
  const director = recorded(lab, 'director');
  const [service] = services;
  if (service === undefined) throw new Error(`${lab} has a service`);
  const { own, shared } = aboutService(node, service, director.look(change));
  const look: TableLook = {
    director: 'director',
    differences: own,
    unread: [],
    marks: { 'eth0 rule 2': 'mark 1 for 203.0.113.100:443 on eth0' },
    lines: [],
  };
  return { table: judgeTable(services, [look]), shared: judgeShared([{ ...look, differences: shared }]) };
}

describe('the row about the director’s table', () => {
  it('is green where nobody touched it, and says what is there', () => {
    expect(judged('nat', (dump) => dump).table).toMatchObject({
      id: 'table',
      outcome: 'pass',
      detail: 'as planned on director: rr, rs1 and rs2',
    });
    expect(judged('mark', (dump) => dump).table.outcome).toBe('pass');
  });

  const SERVER = '-a -t 203.0.113.100:80 -r 10.0.0.12:80 -m -w 1\n';
  it.each([
    ['a real server less', swap(SERVER, ''), 'real server rs2 (10.0.0.12:80) is missing'],
    [
      'another weight',
      swap(SERVER, SERVER.replace('-w 1', '-w 0')),
      'real server rs2 (10.0.0.12:80) has weight 0 (planned: 1)',
    ],
    [
      'another method',
      swap(SERVER, SERVER.replace('-m', '-g')),
      'real server rs2 (10.0.0.12:80) has method dr (planned: nat)',
    ],
    [
      'another port',
      swap(SERVER, SERVER.replace('12:80', '12:81')),
      'real server rs2 (10.0.0.12:80) is missing; real server 10.0.0.12:81 is there, and the plan does not have it',
    ],
    [
      'another scheduler',
      swap('-s rr', '-s wrr'),
      'service tcp 203.0.113.100:80 has scheduler wrr (planned: rr)',
    ],
    [
      'persistence that nobody planned',
      swap('-s rr', '-s rr -p 50'),
      'service tcp 203.0.113.100:80 has persistence 50 s (planned: none)',
    ],
    [
      'no service at all, and no word of its real servers then',
      (dump: string) => dump.replace(/^-[Aa] -t .*\n/gm, ''),
      'service tcp 203.0.113.100:80 is missing',
    ],
  ])('says of %s what differs', (_, change, said) => {
    const { table, shared } = judged('nat', change);
    expect(table).toMatchObject({ outcome: 'fail', detail: `differs from the plan: ${said}` });
    expect(shared).toEqual([]);
  });

  it('names the port whose packets come without their mark', () => {
    const { table } = judged('mark', (dump) => dump.replace(/"dst_port":443/g, '"dst_port":444'));
    expect(table.outcome).toBe('fail');
    expect(table.detail).toContain('mark 1 for 203.0.113.100:443 on eth0 has dst_port 444 (planned: 443)');
  });

  it('is not about another service, which has a row of its own', () => {
    const plan = planOf(
      `networks: { lan: 192.0.2.0/24, in: 10.0.0.0/24 }
nodes: { client: { on: lan }, director: { on: [lan, in] }, rs1: { on: in } }
services: [{ vip: 192.0.2.100 }, { vip: 192.0.2.100, port: 8 }, { vip: 192.0.2.100, protocol: udp }]`,
    );
    const missing = (name: string) => ({ kind: 'real server' as const, name, state: 'missing' as const });
    const differences = ['tcp 192.0.2.100:80 → 10.0.0.11:80', 'udp 192.0.2.100:53 → 10.0.0.11:53'].map(
      (name) => ({
        ...missing(name),
        changes: [],
        fix: [],
      }),
    );
    const of = plan.services.map((s) => aboutService(nodeOf(plan, 'director'), s, differences).own.length);
    expect(of).toEqual([1, 0, 1]);
  });

  it('leaves what all services share to a row of its own', () => {
    const { table, shared } = judged('nat', swap('900 120 300', '900 120 10'));
    expect(table.outcome).toBe('pass');
    expect(shared).toMatchObject([
      { outcome: 'fail', detail: expect.stringContaining('udp 10 s (planned: 300 s)') as string },
    ]);
  });

  it('is unknown where it could not be read, and where no director runs', () => {
    const look: TableLook = {
      director: 'director',
      differences: [],
      unread: ['ipvs: exit code 1'],
      marks: {},
      lines: [],
    };
    expect(judgeTable(NAT, [look])).toMatchObject({
      outcome: 'unknown',
      detail: 'not compared: director: ipvs: exit code 1',
    });
    expect(judgeTable(NAT, [])).toMatchObject({
      outcome: 'unknown',
      detail: 'not compared: director does not run',
    });
  });
});
