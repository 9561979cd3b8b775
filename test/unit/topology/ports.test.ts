import { describe, expect, it } from 'vitest';
import { parseTopology } from '../../../src/topology/parse.ts';
import { expectProblems, lab } from './marked.ts';

const ON_LAN = {
  networks: '  lan: 192.0.2.0/24',
  nodes: '  client: { on: lan }\n  director: { on: lan }\n  rs1: { on: lan }\n  rs2: { on: lan }',
};

/** A file with this service, everything on one segment. */
function service(rest: string, mode = 'mode: dr'): string {
  return lab({ ...ON_LAN, mode, services: `  - { vip: 192.0.2.100, ${rest} }` });
}

/** A file with several services. */
function services(text: string, mode = 'mode: dr'): string {
  return lab({ ...ON_LAN, mode, services: text });
}

function read(source: string) {
  return parseTopology(source, 'lab.yaml', 'lab').services.map((s) => ({
    at: `${s.vip}:${s.port}/${s.protocol}`,
    application: s.application,
    mark: s.mark,
    server: s.servers[0]?.port,
  }));
}

describe('a service over udp', () => {
  it('is DNS on port 53, or on the port that the file gives', () => {
    expect(read(service('protocol: udp'))).toEqual([
      { at: '192.0.2.100:53/udp', application: 'dns', mark: undefined, server: 53 },
    ]);
    expect(read(service('protocol: udp, port: 5353'))[0]?.at).toBe('192.0.2.100:5353/udp');
  });

  it('may share its VIP and port with one over tcp', () => {
    expect(
      read(services('  - { vip: 192.0.2.100, protocol: udp }\n  - { vip: 192.0.2.100, port: 53 }')),
    ).toMatchObject([
      { at: '192.0.2.100:53/udp', application: 'dns' },
      { at: '192.0.2.100:53/tcp', application: 'dns' },
    ]);
  });

  it('is here once', () => {
    expectProblems(
      services('  - { vip: 192.0.2.100, protocol: udp }\n  - { vip: ▸192.0.2.100, protocol: udp, port: 53 }'),
      [
        'service 192.0.2.100:53 udp is here twice: it is on line 11 already',
        'give one of them another VIP or port, or put the servers together',
      ],
    );
  });

  it('maps ports only with NAT', () => {
    expectProblems(service('protocol: udp, servers: [{ node: rs1, port: ▸5353 }]'), [
      'port 5353 differs from the service’s port 53, and mode dr cannot map ports',
    ]);
    expectProblems(service('protocol: udp, servers: [{ node: rs1, port: 5353 }]', 'mode: nat'));
  });

  it('does not take the port of the tunnels', () => {
    expectProblems(service('protocol: udp, port: ▸5555'), [
      "port 5555 udp is the one that the lab's GUE tunnels use",
      'take another port',
    ]);
  });
});

describe('one-packet scheduling', () => {
  it('is for udp without NAT', () => {
    expectProblems(service('protocol: udp, one-packet: true'));
    expectProblems(service('protocol: udp, one-packet: true, mode: tun'));
    expectProblems(service('protocol: udp, one-packet: false', 'mode: nat'));
    expectProblems(service('one-packet: false'));
  });

  it('would tear a tcp connection apart', () => {
    const told: [string, string] = [
      'one-packet scheduling is for udp: the packets of one tcp connection would go to several real servers',
      'add `protocol: udp`, or leave `one-packet` out',
    ];
    expectProblems(service('one-packet: ▸true'), told);
    expectProblems(service('mark: 1, ports: [53/udp, 53/tcp], one-packet: ▸true'), told);
    expectProblems(service('mark: 1, ports: [53/udp, 5353/udp], one-packet: true'));
  });

  it('would let replies out of NAT unchanged', () => {
    const message = (node: string) =>
      `one-packet scheduling with mode nat: the director keeps no entry by which to put the VIP back into the replies of "${node}", and the client would get them from an address that it never asked`;
    const fix = 'use mode dr or tun, or leave `one-packet` out';
    expectProblems(service('protocol: udp, one-packet: ▸true', 'mode: nat'), [message('rs1'), fix]);
    expectProblems(service('protocol: udp, one-packet: true, servers: [rs1, { node: rs2, mode: ▸nat }]'), [
      message('rs2'),
      fix,
    ]);
  });
});

describe('persistence', () => {
  const pair = (one: string, two: string) =>
    services(
      `  - { vip: 192.0.2.100, port: 53, persistence: 30${one} }\n  - { vip: 192.0.2.100, protocol: udp, persistence: ${two} }`,
    );

  it('of one protocol does not reach the other', () => {
    expectProblems(pair('', '▸30'), [
      'persistence of port 53 over udp does not reach the tcp service on line 11: a client may stay with one real server by udp and with another by tcp',
      'group both by a mark: `mark: 1` with `ports: [53/udp, 53/tcp]`; or leave one persistence out',
    ]);
  });

  it('of a mark does, and so does no persistence at all harm', () => {
    expectProblems(service('mark: 1, ports: [53/udp, 53/tcp], persistence: 30'));
    expectProblems(service('protocol: udp, persistence: 30'));
  });
});

describe('a mark', () => {
  it('makes one service of several ports, each with what is spoken there', () => {
    expect(
      read(service('mark: 7, ports: [80, 443, 8443/tls, 443/udp, 53]'.replace('443/udp', '5353/udp'))),
    ).toEqual(
      [
        { at: '192.0.2.100:80/tcp', application: 'http' },
        { at: '192.0.2.100:443/tcp', application: 'https' },
        { at: '192.0.2.100:8443/tcp', application: 'https' },
        { at: '192.0.2.100:5353/udp', application: 'dns' },
        { at: '192.0.2.100:53/tcp', application: 'dns' },
      ].map((expected) => expect.objectContaining({ ...expected, mark: 7 }) as unknown),
    );
  });

  it('may have a single port, and its protocol', () => {
    expect(read(service('mark: 7'))).toMatchObject([{ at: '192.0.2.100:80/tcp', mark: 7 }]);
    expect(read(service('mark: 7, protocol: udp, ports: [53, 5353]')).map((s) => s.at)).toEqual([
      '192.0.2.100:53/udp',
      '192.0.2.100:5353/udp',
    ]);
  });

  it('is known to a director once', () => {
    expectProblems(services('  - { vip: 192.0.2.100, mark: 1 }\n  - { vip: 192.0.2.101, mark: ▸1 }'), [
      'mark 1 is here twice for director "director": it is on line 11 already',
      'take another mark, or put the ports together',
    ]);
    const two = lab({
      ...ON_LAN,
      mode: 'mode: dr',
      nodes: `${ON_LAN.nodes}\n  director2: { on: lan }`,
      services:
        '  - { vip: 192.0.2.100, mark: 1, directors: [director] }\n  - { vip: 192.0.2.101, mark: 1, directors: [director2] }',
    });
    expectProblems(two);
  });

  it('has no port twice, nor one of another service', () => {
    const fix = 'give one of them another VIP or port, or put the servers together';
    expectProblems(service('mark: 1, ports: [80, 443, ▸80/tcp]'), [
      'service 192.0.2.100:80 tcp is here twice: it is on line 11 already',
      fix,
    ]);
    expectProblems(
      services('  - { vip: 192.0.2.100, port: 443 }\n  - { vip: 192.0.2.100, mark: 1, ports: [80, ▸443] }'),
      ['service 192.0.2.100:443 tcp is here twice: it is on line 11 already', fix],
    );
  });

  it('maps no ports', () => {
    expectProblems(service('mark: 1, ports: [80, 443], servers: [{ node: rs1, port: ▸8080 }]', 'mode: nat'), [
      'port 8080 for a real server of a service by mark, which may have several ports',
      'leave `port` out: each packet keeps the port that it came to',
    ]);
  });

  it('is what several ports need', () => {
    expectProblems(service('ports: ▸[80, 443]'), [
      'several ports without a mark: a virtual service has one port',
      'add `mark: 1`, by which the director knows them as one service; or write a service for each port',
    ]);
    expectProblems(service('mark: 1, port: ▸81, ports: [80, 443]'), [
      'both `port` and `ports`',
      'put this one into the list as well',
    ]);
    expectProblems(service('mark: 1, ports: ▸[]'), [
      'a service without any port',
      'write `ports: [80, 443]`',
    ]);
  });

  it('reads ports as a person writes them', () => {
    const fix = 'write 80, 443/tls, 8080/tcp or 53/udp';
    expectProblems(
      service('mark: 1, ports: [▸"80", ▸http, ▸70000/udp, ▸0/tcp, ▸443/TLS, ▸53/sctp, 80]'),
      ['"80" is not a port', 'write it without quotes: 80'],
      ['"http" is not a port', fix],
      ['port 70000/udp is not between 1 and 65535', fix],
      ['port 0/tcp is not between 1 and 65535', fix],
      ['"443/TLS" is not a port', fix],
      ['"53/sctp" is not a port', fix],
    );
  });
});

describe('TLS', () => {
  it('is spoken on 443, unless the file says otherwise', () => {
    const spoken = (rest: string) => read(service(rest))[0]?.application;
    expect(spoken('port: 443')).toBe('https');
    expect(spoken('port: 443, tls: false')).toBe('http');
    expect(spoken('port: 8443')).toBe('http');
    expect(spoken('port: 8443, tls: true')).toBe('https');
    expect(read(service('mark: 1, ports: [443/tcp]'))[0]?.application).toBe('http');
  });

  it('is for web servers', () => {
    const fix = 'TLS is for web servers, over tcp and on another port: leave `tls` out';
    expectProblems(service('protocol: udp, tls: ▸true'), [
      'TLS on port 53 udp, where real servers answer as DNS servers',
      fix,
    ]);
    expectProblems(service('port: 53, tls: ▸true'), [
      'TLS on port 53 tcp, where real servers answer as DNS servers',
      fix,
    ]);
    expectProblems(service('mark: 1, ports: [80, 8443], tls: ▸true'), [
      '`tls` beside `ports` does not say which of them is meant',
      'write it there: 8443/tls',
    ]);
  });

  it('has a port of the real server to itself', () => {
    const fix = 'one program listens on a port: take another port, or say the same of both (`tls`)';
    expectProblems(
      services('  - { vip: 192.0.2.100, port: 443 }\n  - { vip: 192.0.2.101, port: ▸443, tls: false }'),
      ['real server "rs1" cannot speak HTTP on port 443 here and TLS for the service on line 11', fix],
    );
    expectProblems(
      services(
        '  - { vip: 192.0.2.100, port: 443, servers: [{ node: rs1, port: 8080 }] }\n  - { vip: 192.0.2.101, port: ▸8080, servers: [rs1] }',
        'mode: nat',
      ),
      ['real server "rs1" cannot speak HTTP on port 8080 here and TLS for the service on line 11', fix],
    );
    expectProblems(
      services('  - { vip: 192.0.2.100, port: 443 }\n  - { vip: 192.0.2.101, port: ▸443, protocol: udp }'),
      ['real server "rs1" cannot speak DNS on port 443 here and TLS for the service on line 11', fix],
    );
    expectProblems(
      services(
        '  - { vip: 192.0.2.100, port: 443, servers: [rs1] }\n  - { vip: 192.0.2.101, port: 443, tls: false, servers: [rs2] }',
      ),
    );
  });
});
