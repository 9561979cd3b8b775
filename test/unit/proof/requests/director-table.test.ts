import { describe, expect, it } from 'vitest';
import { judgeConnections, parseConnections } from '../../../../src/proof/director-table.ts';
import { repliesFrom, serviceOf } from './replies.ts';

/** Output of `ipvsadm -Lnc` (1.31) after two requests over TCP, with a persistence template of another service. */
const TABLE = `IPVS connection entries
pro expire state       source             virtual            destination
TCP 01:58  FIN_WAIT    192.0.2.101:40000  192.0.2.100:80     10.0.0.11:8080
TCP 00:57  SYN_RECV    192.0.2.101:40001  192.0.2.100:80     10.0.0.12:8080
IP  04:58  NONE        192.0.2.101:0      0.0.0.1:0          10.0.0.12:0
UDP 04:59  UDP         192.0.2.101:5353   192.0.2.100:53     10.0.0.11:53
`;

describe('the table of connections', () => {
  it('is read row by row, without its headings', () => {
    const rows = parseConnections(TABLE);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toEqual({
      protocol: 'TCP',
      seconds: 118,
      state: 'FIN_WAIT',
      client: '192.0.2.101:40000',
      virtual: '192.0.2.100:80',
      destination: '10.0.0.11:8080',
    });
    expect(rows.map((row) => row.protocol)).toEqual(['TCP', 'TCP', 'IP', 'UDP']);
  });

  it('may be empty, damaged or missing', () => {
    expect(parseConnections('')).toEqual([]);
    expect(parseConnections(TABLE.split('\n').slice(0, 2).join('\n'))).toEqual([]);
    expect(parseConnections('TCP 01:58  FIN_WAIT    192.0.2.101:4')).toEqual([]);
    expect(parseConnections("Can't initialize ipvs: Permission denied (you must be root)")).toEqual([]);
  });
});

describe('the director', () => {
  const service = serviceOf('rr', 1, 1);
  const rows = parseConnections(TABLE);

  it('agrees where its table names the real servers that answered', () => {
    expect(judgeConnections(service, repliesFrom('rs1 rs2'), rows)).toEqual({
      id: 'director',
      title: 'director',
      outcome: 'pass',
      detail: 'ipvsadm counted the same 2 connections',
      evidence: [],
    });
  });

  it('does not know a connection that went past it', () => {
    const check = judgeConnections(service, repliesFrom('rs1 rs2 rs1'), rows);
    expect(check.outcome).toBe('fail');
    expect(check.detail).toBe('ipvsadm knows 2 of 3 connections: the others did not pass the director');
    expect(check.evidence).toEqual(["192.0.2.101:40002: not in the director's table"]);
  });

  it('contradicts an answer from another real server', () => {
    const check = judgeConnections(service, repliesFrom('rs1 rs1'), rows);
    expect(check.outcome).toBe('fail');
    expect(check.evidence).toEqual(['192.0.2.101:40001: rs1 answered, the table says 10.0.0.12:8080']);
  });

  it('tells two clients with the same port apart', () => {
    const [one] = repliesFrom('rs2');
    if (one === undefined) throw new Error('no reply');
    const other = { ...one, client: 'client2', clientAddress: '192.0.2.102' };
    const both = parseConnections(
      `${TABLE}TCP 01:58  FIN_WAIT    192.0.2.102:40000  192.0.2.100:80     10.0.0.12:8080\n`,
    );
    expect(judgeConnections(service, [...repliesFrom('rs1'), other], both).outcome).toBe('pass');
    expect(judgeConnections(service, [other], rows).evidence).toEqual([
      "192.0.2.102:40000: not in the director's table",
    ]);
  });

  it('is not asked about another service on the same ports', () => {
    expect(judgeConnections({ ...service, port: 81 }, repliesFrom('rs1'), rows).outcome).toBe('fail');
    expect(judgeConnections({ ...service, vip: '192.0.2.1' }, repliesFrom('rs1'), rows).outcome).toBe('fail');
  });

  it('does not take a connection without a port for any row', () => {
    const [reply] = repliesFrom('rs1');
    if (reply === undefined) throw new Error('no reply');
    expect(judgeConnections(service, [{ ...reply, clientPort: 0 }], rows).outcome).toBe('fail');
  });

  it('is no witness where nothing was answered', () => {
    expect(judgeConnections(service, repliesFrom('- -'), rows).outcome).toBe('unknown');
    expect(judgeConnections(service, [], rows).outcome).toBe('unknown');
  });
});
