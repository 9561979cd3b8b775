import { describe, it } from 'vitest';
import { expectProblems, lab } from './marked.ts';

const SERVER_KEYS = 'one of: node, weight, upper, lower, port, mode, network';
const SERVICE_KEYS =
  'one of: vip, port, protocol, tls, one-packet, persistence, mark, ports, scheduler, flags, mode, tunnel, directors, health, servers';

function service(rest: string): string {
  return lab({ services: `  - { vip: 203.0.113.100, ${rest} }` });
}

describe('the version of the format', () => {
  const fix = 'this release reads version 1: write `lvslab: 1`';

  it('must be there', () => {
    expectProblems(lab().replace('lvslab: 1\nmode', '▸mode'), [
      'the file does not say which version of the format it has',
      'write `lvslab: 1` as the first line',
    ]);
  });

  it('must be one that is known, and nothing else is judged by an unknown one', () => {
    expectProblems('lvslab: ▸2\nmodes: [nat]\nnodes: 7\n', [
      'format version 2 is not one that this release reads',
      fix,
    ]);
    expectProblems(lab().replace('lvslab: 1', 'lvslab: ▸"1"'), ['lvslab "1" is not a format version', fix]);
  });
});

describe('unknown keys', () => {
  it('are reported at each level with the likely one', () => {
    expectProblems(
      `${lab()}▸titel: x\n▸x-y: z\n`,
      [
        'unknown key "titel" in the file',
        'did you mean "title"? one of: lvslab, name, title, mode, networks, nodes, services, clusters, names, needs',
      ],
      [
        'unknown key "x-y" in the file',
        'one of: lvslab, name, title, mode, networks, nodes, services, clusters, names, needs',
      ],
    );
    expectProblems(
      lab({ networks: '  front: 203.0.113.0/24\n  back: { subnet: 10.0.0.0/24, ▸mut: 1400 }' }),
      [
        'unknown key "mut" in network "back"',
        'did you mean "mtu"? one of: subnet, mtu, delay, jitter, loss, rate',
      ],
    );
    expectProblems(
      lab({ nodes: '  rs1: { on: back, ▸gatway: none }\n  director: { on: back, ▸type: director }' }),
      [
        'unknown key "gatway" in node "rs1"',
        'did you mean "gateway"? one of: role, on, gateway, routes, sysctls, timeouts, count',
      ],
      [
        'unknown key "type" in node "director"',
        'did you mean "role"? one of: role, on, gateway, routes, sysctls, timeouts, count',
      ],
    );
    expectProblems(
      lab({
        nodes: '  rs1: { on: back, routes: [{ to: 1.2.3.4, via: 10.0.0.9, ▸dev: eth0 }] }',
        services: '',
      }),
      ['unknown key "dev" in route 1', 'one of: to, via'],
    );
    expectProblems(service('▸schedular: wrr'), [
      'unknown key "schedular" in service 1',
      `did you mean "scheduler"? ${SERVICE_KEYS}`,
    ]);
    expectProblems(service('servers: [rs1, { node: rs2, ▸wieght: 3 }]'), [
      'unknown key "wieght" in server 2',
      `did you mean "weight"? ${SERVER_KEYS}`,
    ]);
  });

  it('are not also missing ones when mistyped', () => {
    expectProblems(lab({ services: '  - { ▸vpi: 203.0.113.100 }' }), [
      'unknown key "vpi" in service 1',
      `did you mean "vip"? ${SERVICE_KEYS}`,
    ]);
    expectProblems(lab({ nodes: '  client: { ▸networks: front }', services: '' }), [
      'unknown key "networks" in node "client"',
      'did you mean "on"? one of: role, on, gateway, routes, sysctls, timeouts, count',
    ]);
  });

  it('may be those that JavaScript’s objects have', () => {
    expectProblems(
      service('▸constructor: 1, ▸__proto__: 2'),
      ['unknown key "constructor" in service 1', SERVICE_KEYS],
      ['unknown key "__proto__" in service 1', SERVICE_KEYS],
    );
  });
});

describe('missing keys', () => {
  it('are reported where they belong', () => {
    expectProblems('▸lvslab: 1\nnetworks: { front: 203.0.113.0/24 }\n', [
      'the file has no `nodes`',
      'write `nodes:` and under it names and mappings, such as `client: { on: front }`',
    ]);
    expectProblems(lab({ networks: '  front: 203.0.113.0/24\n  ▸back: { mtu: 1400 }' }), [
      'network "back" has no `subnet`',
      'write `subnet: 10.0.0.0/24`',
    ]);
    expectProblems(
      lab({ nodes: '  ▸client: {}\n  ▸rs1: { gateway: none }', services: '' }),
      ['node "client" has no `on`', 'write `on: front`, `on: [front, back]` or `on: { back: 10.0.0.11 }`'],
      ['node "rs1" has no `on`'],
    );
    expectProblems(lab({ services: '  - ▸port: 80' }), [
      'service 1 has no `vip`',
      'write `vip: 203.0.113.100`',
    ]);
    expectProblems(service('servers: [▸{ weight: 3 }]'), ['server 1 has no `node`', 'write `node: rs1`']);
    expectProblems(lab({ nodes: '  rs1: { on: back, routes: [▸{ to: 1.2.3.4 }] }', services: '' }), [
      'route 1 has no `via`',
      'write `via: r1`: the next hop',
    ]);
  });
});

describe('wrong types', () => {
  it('are told from what was wanted', () => {
    expectProblems(lab().replace(/networks:[^]*nodes:/, 'networks: ▸[front]\nnodes:'), [
      'networks is a list, not a mapping',
      'write `networks:` and under it names and subnets, such as `front: 203.0.113.0/24`',
    ]);
  });

  it('are found in every part', () => {
    expectProblems(
      lab().replace('lvslab: 1', 'lvslab: 1\ntitle: ▸2024\n▸name:'),
      ['title 2024 is a number, not text', 'write it in quotes: "2024"'],
      ['name has no value', 'it must be text'],
    );
    expectProblems(
      lab({ networks: '  front: ▸5\n  back: [▸10]' }),
      [
        'network "front" is a number, not text or a list or a mapping',
        'write a subnet, such as `back: 10.0.0.0/24`',
      ],
      ['subnet 1 is a number, not text'],
    );
    expectProblems(
      lab({
        nodes: '  client: ▸front\n  ▸rs1:\n  rs2: { on: ▸5 }\n  rs3: { on: [front, ▸[back]] }',
        services: '',
      }),
      ['node "client" is text, not a mapping', 'write a mapping, such as `client: { on: front }`'],
      ['node "rs1" has no value', 'write a mapping, such as `client: { on: front }`'],
      [
        'on 5 is a number, not text or a list or a mapping',
        'write `on: front`, `on: [front, back]` or `on: { back: 10.0.0.11 }`',
      ],
      ['network 2 is a list, not text'],
    );
    expectProblems(
      lab({
        nodes:
          '  rs1: { on: { back: ▸10 } }\n  rs2: { on: { ▸back: } }\n  rs3: { on: back, gateway: ▸[x], routes: ▸none }',
        services: '',
      }),
      ['the address on "back" is a number, not text or a list or a mapping'],
      ['the address on "back" has no value'],
      ['gateway is a list, not text', 'write a node’s name, an address or `none`'],
      ['routes "none" is text, not a list'],
    );
    expectProblems(lab({ services: '  ▸vip: 203.0.113.100' }), [
      'services is a mapping, not a list',
      'write `services:` and under it a list, such as `- vip: 203.0.113.100`',
    ]);
    expectProblems(
      lab({ services: '  - ▸203.0.113.100\n  - { vip: ▸1.5, directors: ▸director, servers: ▸rs1 }' }),
      ['service 1 is text, not a mapping'],
      ['vip 1.5 is a number, not text', 'write `vip: 203.0.113.100`'],
      ['directors "director" is text, not a list', 'write a list, such as `[director]`'],
      ['servers "rs1" is text, not a list'],
    );
    expectProblems(
      service('directors: [▸5], servers: [▸7, ▸[rs1]]'),
      ['director 1 is a number, not text'],
      ['server 1 is a number, not text or a mapping', 'write `rs1` or `{ node: rs1, weight: 3 }`'],
      ['server 2 is a list, not text or a mapping'],
    );
  });

  it('are not mixed up with names that the user chose', () => {
    expectProblems(
      lab({ networks: '  weight: ▸5\n  via: ▸6', nodes: '  port: ▸7', services: '' }),
      ['network "weight" is a number, not text or a list or a mapping'],
      [
        'network "via" is a number, not text or a list or a mapping',
        'write a subnet, such as `back: 10.0.0.0/24`',
      ],
      ['node "port" is a number, not a mapping'],
    );
  });
});

describe('numbers', () => {
  it('are whole and in their range', () => {
    const port = 'a whole number from 1 to 65535';
    const weight = 'a whole number from 0 to 65535';
    expectProblems(service('port: ▸70000'), ['port 70000 is not between 1 and 65535', port]);
    expectProblems(service('port: ▸0'), ['port 0 is not between 1 and 65535', port]);
    expectProblems(service('port: ▸80.5'), ['port 80.5 is not a whole number', port]);
    expectProblems(service('port: ▸.inf'), ['port Infinity is not between 1 and 65535', port]);
    expectProblems(service('port: ▸1e30'), ['port 1e+30 is not between 1 and 65535', port]);
    expectProblems(service('port: ▸.nan'), ['port NaN is no number, not a number', port]);
    expectProblems(service('port: ▸"80"'), [
      'port "80" is text, not a number',
      'write it without quotes: 80',
    ]);
    expectProblems(service('port: ▸http'), ['port "http" is text, not a number', port]);
    expectProblems(service('▸port:'), ['port has no value', port]);
    expectProblems(service('port: ▸[80]'), ['port is a list, not a number', port]);
    expectProblems(service('port: ▸true'), ['port true is a truth value, not a number', port]);
    expectProblems(
      service('servers: [{ node: rs1, weight: ▸-1 }, { node: rs2, weight: ▸65536, port: ▸-80 }]'),
      ['weight -1 is not between 0 and 65535', weight],
      ['weight 65536 is not between 0 and 65535', weight],
      ['port -80 is not between 1 and 65535', port],
    );
    expectProblems(lab({ networks: '  front: 203.0.113.0/24\n  back: { subnet: 10.0.0.0/24, mtu: ▸9 }' }), [
      'mtu 9 is not between 68 and 65535',
    ]);
  });

  it('are no cause for a second complaint', () => {
    const nodes = '  director: { on: [front, back] }\n  rs: { on: back, count: ▸251 }';
    expectProblems(lab({ nodes, services: '  - { vip: 203.0.113.100, servers: [rs, rs3] }' }), [
      'count 251 is not between 1 and 250',
      'a whole number from 1 to 250',
    ]);
    expectProblems(
      lab({
        mode: 'mode: dr',
        services: '  - { vip: 203.0.113.100, port: ▸0, servers: [{ node: rs1, port: 80, mode: tun }] }',
      }),
      ['port 0 is not between 1 and 65535'],
    );
  });
});

describe('choices', () => {
  const schedulers = 'one of: rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos';

  it('are listed, the likely one first', () => {
    expectProblems(service('scheduler: ▸wr'), [
      'unknown scheduler "wr"',
      `did you mean "wrr"? ${schedulers}`,
    ]);
    expectProblems(service('scheduler: ▸WLC'), [
      'unknown scheduler "WLC"',
      `did you mean "wlc"? ${schedulers}`,
    ]);
    expectProblems(service('scheduler: ▸fastest'), ['unknown scheduler "fastest"', schedulers]);
    expectProblems(service('scheduler: ▸round-robin'), [
      'unknown scheduler "round-robin"',
      `did you mean "rr"? ${schedulers}`,
    ]);
    expectProblems(lab({ mode: 'mode: ▸masquerading' }), [
      'unknown mode "masquerading"',
      'did you mean "nat"? one of: nat, tun, dr, proxy',
    ]);
    expectProblems(service('mode: ▸5'), ['unknown mode 5', 'one of: nat, tun, dr, proxy']);
    expectProblems(service('mode: ▸[nat]'), ['mode is a list, not text', 'one of: nat, tun, dr, proxy']);
    expectProblems(service('▸mode:'), ['mode has no value', 'one of: nat, tun, dr, proxy']);
    expectProblems(service('mode: tun, tunnel: ▸vxlan'), [
      'unknown tunnel "vxlan"',
      'one of: ipip, gue, gre',
    ]);
    expectProblems(lab({ nodes: '  a: { role: ▸realserver, on: back }', services: '' }), [
      'unknown role "realserver"',
      'did you mean "real-server"? one of: client, director, real-server, router, dns, proxy',
    ]);
  });

  it('of a protocol are tcp and udp', () => {
    const fix = 'one of: tcp, udp';
    expectProblems(service('protocol: udp, mode: dr').replace('rs1: { on: back }', 'rs1: { on: front }'));
    expectProblems(service('protocol: ▸sctp'), ['sctp is not supported', fix]);
    expectProblems(service('protocol: ▸icmp'), ['unknown protocol "icmp"', fix]);
  });

  it('of truth values are true and false', () => {
    expectProblems(service('tls: ▸yes'), ['tls "yes" is text, not true or false']);
    expectProblems(service('one-packet: ▸1'), ['one-packet 1 is a number, not true or false']);
    expectProblems(service('▸one-packet:'), ['one-packet has no value', 'it must be true or false']);
  });

  it('of a mark are those that a packet can have', () => {
    const fix = 'a whole number from 1 to 4294967295';
    expectProblems(service('mark: ▸0'), ['mark 0 is not between 1 and 4294967295', fix]);
    expectProblems(service('mark: ▸-1'), ['mark -1 is not between 1 and 4294967295', fix]);
    expectProblems(service('mark: ▸4294967296'), ['mark 4294967296 is not between 1 and 4294967295', fix]);
    expectProblems(service('mark: ▸1.5'), ['mark 1.5 is not a whole number', fix]);
    expectProblems(service('mark: ▸web'), ['mark "web" is text, not a number', fix]);
    expectProblems(service('mark: 4294967295'));
  });

  it('of a list of ports are numbers and texts', () => {
    const fix = 'write a list, such as `[80, 443]` or `[8443/tls, 53/udp]`';
    expectProblems(service('mark: 1, ports: ▸80'), ['ports 80 is a number, not a list', fix]);
    expectProblems(service('mark: 1, ▸ports:'), ['ports has no value', fix]);
    expectProblems(service('mark: 1, ports: [▸70000]'), [
      'port 70000 is not between 1 and 65535',
      'a whole number from 1 to 65535',
    ]);
    expectProblems(service('mark: 1, ports: [80, ▸true]'), [
      'port 2 is a truth value, not a number or text',
      fix,
    ]);
  });
});
