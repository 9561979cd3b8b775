import { describe, expect, it } from 'vitest';
import { changesBetween, ratesBetween } from '../../../src/ipvs/changes.ts';
import { NOTHING_COUNTED, parseTable } from '../../../src/ipvs/table.ts';

// As ipvsadm 1.31 printed them on kernel 7.2.
const TABLE = `IP Virtual Server version 1.2.1 (size=256)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  203.0.113.100:80 rr
  -> 10.0.0.11:80                 Masq    1      3          12        
  -> 10.0.0.12:80                 Masq    0      0          1         
TCP  1.2.3.4:80 sh (sh-fallback,sh-port) persistent 30 mask 255.255.255.0
  -> 10.0.0.11:80                 Tunnel  1      0          0         
  -> 10.0.0.13:80                 Route   1      0          0         
UDP  1.2.3.4:80 rr ops
TCP  [2001:db8::1]:80 rr persistent 30 mask 64
  -> [2001:db8::2]:80             Masq    1      0          0         
FWM  3 mh (mh-port)
FWM  3 IPv6 mh persistent 360
`;
const STATS = `IP Virtual Server version 1.2.1 (size=256)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  203.0.113.100:80                    2       11        9      784      816
  -> 10.0.0.11:80                        1        5        5      366      434
  -> 10.0.0.12:80                        1        6        4      418      382
TCP  1.2.3.4:80                          0        0        0        0        0
  -> 10.0.0.11:80                        0        0        0        0        0
FWM  3                                   7        0        0        0        0
FWM  3 IPv6                              8        0        0        0        0
`;

describe('a director’s table', () => {
  const table = parseTable(`${TABLE}${STATS}`);

  it('has its services with scheduler and flags, and their servers', () => {
    expect(table.map((s) => [s.service, s.scheduler, s.flags, s.servers.length])).toEqual([
      ['tcp 203.0.113.100:80', 'rr', '', 2],
      ['tcp 1.2.3.4:80', 'sh', '(sh-fallback,sh-port) persistent 30 mask 255.255.255.0', 2],
      ['udp 1.2.3.4:80', 'rr', 'ops', 0],
      ['tcp [2001:db8::1]:80', 'rr', 'persistent 30 mask 64', 1],
      ['fwmark 3', 'mh', '(mh-port)', 0],
      ['fwmark 3 IPv6', 'mh', 'persistent 360', 0],
    ]);
    expect(table[0]?.servers[0]).toEqual({
      server: '10.0.0.11:80',
      method: 'nat',
      weight: 1,
      active: 3,
      inactive: 12,
      counters: { connections: 1, packetsIn: 5, packetsOut: 5, bytesIn: 366, bytesOut: 434 },
    });
    expect(table[1]?.servers.map((s) => s.method)).toEqual(['tun', 'dr']);
  });

  it('has each one’s counters with it, also where two have one number', () => {
    expect(table.map((s) => s.counters.connections)).toEqual([2, 0, 0, 0, 7, 8]);
    expect(table[3]?.servers[0]?.counters).toEqual(NOTHING_COUNTED);
  });

  it('is empty where ipvsadm says nothing', () => {
    expect(parseTable('')).toEqual([]);
    expect(parseTable('garbage\n  -> more\n')).toEqual([]);
  });
});

describe('what has changed between two looks', () => {
  const before = parseTable(TABLE);
  const nameOf = (server: string) => ({ '10.0.0.11:80': 'rs1', '10.0.0.12:80': 'rs2' })[server] ?? server;
  const after = (from: string | RegExp, to: string) =>
    changesBetween(before, parseTable(TABLE.replace(from, to)), nameOf);

  it('is nothing when only connections have', () => {
    expect(after('3          12', '9          99')).toEqual([]);
  });

  it.each([
    ['a weight', /Masq {4}1 /, 'Masq    5 ', ['tcp 203.0.113.100:80: rs1 weight 1 → 5']],
    ['a scheduler', ':80 rr\n', ':80 wrr\n', ['tcp 203.0.113.100:80: scheduler rr → wrr']],
    ['a method', 'Masq    0', 'Route   0', ['tcp 203.0.113.100:80: rs2 method nat → dr']],
    ['flags', 'rr ops', 'rr', ['udp 1.2.3.4:80: flags ops → none']],
    ['a server gone', / {2}-> 10.0.0.12:80 .*\n/, '', ['tcp 203.0.113.100:80: rs2 removed']],
    [
      'a server new',
      'rr ops\n',
      'rr ops\n  -> 10.0.0.9:80 Masq 2 0 0\n',
      ['udp 1.2.3.4:80: 10.0.0.9:80 added, weight 2'],
    ],
    ['a service gone', 'FWM  3 mh (mh-port)\n', '', ['fwmark 3 removed']],
    [
      'a service new',
      'FWM  3 mh',
      'FWM  4 rr\n  -> 10.0.0.11:80 Masq 1 0 0\nFWM  3 mh',
      ['fwmark 4 added: rr, rs1'],
    ],
  ])('%s', (_, from, to, said) => {
    expect(after(from, to)).toEqual(said);
  });
});

describe('rates', () => {
  const counters = (connections: number) => ({ ...NOTHING_COUNTED, connections, bytesIn: connections * 10 });

  it('are what came since, per second', () => {
    expect(ratesBetween(counters(10), counters(30), 4)).toEqual({
      ...NOTHING_COUNTED,
      connections: 5,
      bytesIn: 50,
    });
  });

  it('count from nothing where the service is new or was made anew, and never below', () => {
    expect(ratesBetween(undefined, counters(8), 4).connections).toBe(2);
    expect(ratesBetween(counters(100), counters(8), 4).connections).toBe(2);
    expect(ratesBetween(counters(1), counters(8), 0).connections).toBe(0);
  });
});
