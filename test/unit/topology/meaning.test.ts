import { describe, it } from 'vitest';
import { expectProblems, lab } from './marked.ts';

const KNOWN = 'one of: front, back';

/** A file without services around these nodes. */
function nodes(text: string): string {
  return lab({ nodes: text, services: '' });
}

/** A file with these networks and one client on each. */
function networks(text: string): string {
  return lab({ networks: text, nodes: '  client: { on: front }', services: '' });
}

function service(rest: string, mode = 'mode: nat'): string {
  return lab({ mode, services: `  - { vip: 203.0.113.100, ${rest} }` });
}

describe('names', () => {
  it('fit into what the kernel gives an interface', () => {
    expectProblems(nodes('  client-12345: { on: front }\n  ▸client-123456: { on: front }'), [
      'node name "client-123456" is 13 characters long, and the limit is 12',
      'the kernel gives an interface 15 bytes, and the far end of a node’s cable is called NODE.N: take a shorter name',
    ]);
    expectProblems(
      networks('  front: 203.0.113.0/24\n  fifteen-letters: 10.0.0.0/24\n  ▸sixteen-letters-: 10.0.1.0/24'),
      [
        'network name "sixteen-letters-" is 16 characters long, and the limit is 15',
        'the kernel gives an interface 15 bytes, and a network’s bridge bears its name: take a shorter name',
      ],
    );
    expectProblems(lab().replace('mode: nat', `mode: nat\nname: ▸${'a'.repeat(33)}`), [
      `lab name "${'a'.repeat(33)}" is 33 characters long, and the limit is 32`,
    ]);
  });

  it('are of lower-case letters, digits and dashes', () => {
    const rule = 'is not made of lower-case letters, digits and dashes, a letter first';
    expectProblems(
      nodes(
        '  ▸RS1: { on: back }\n  ▸rs_2: { on: back }\n  ▸1rs: { on: back, role: client }\n  ▸"": { on: back, role: client }\n  ▸ü: { on: back, role: client }',
      ),
      [`node name "RS1" ${rule}`, 'such as "rs1"'],
      [`node name "rs_2" ${rule}`, 'such as "rs-2"'],
      [`node name "1rs" ${rule}`, 'such as "rs"'],
      [`node name "" ${rule}`, 'such as "rs1" or "back-net"'],
      [`node name "ü" ${rule}`],
    );
    expectProblems(
      networks('  front: 203.0.113.0/24\n  ▸Back Net: 10.0.0.0/24\n  ▸1.0: 10.0.1.0/24'),
      [`network name "Back Net" ${rule}`, 'such as "back-net"'],
      [`network name "1.0" ${rule}`],
    );
    expectProblems(lab().replace('mode: nat', 'mode: nat\nname: ▸My Lab'), [
      `lab name "My Lab" ${rule}`,
      'such as "my-lab"',
    ]);
  });

  it('are not those that mean something else', () => {
    expectProblems(
      nodes(
        '  ▸switch: { on: back, role: client }\n  ▸none: { on: back, role: client }\n  ▸localhost: { on: back, role: client }\n  ▸vip2: { on: back, role: client }',
      ),
      ['node name "switch" is reserved: it holds the bridges of the lab’s networks', 'take another name'],
      ['node name "none" is reserved: `gateway: none` means no default route'],
      ['node name "localhost" is reserved: it is every node’s name for itself'],
      ['node name "vip2" is reserved: on every node it is the name of a service’s address'],
    );
  });

  it.each([
    ['lo', 'every machine has an interface of that name'],
    ['all', 'to the kernel it means every interface'],
    ['default', 'to the kernel it means every interface'],
  ])('of networks are not %s, which the kernel refuses', (name, why) => {
    expectProblems(lab().replace('networks:\n', `networks:\n  ▸${name}: 192.0.2.0/24\n`), [
      `network name "${name}" is reserved: ${why}`,
    ]);
  });

  it('tell a role, or the file must', () => {
    expectProblems(
      nodes('  ▸web: { on: back }\n  ▸rsync: { on: back }\n  ok: { role: client, on: back }'),
      [
        'node "web" has no role, and its name does not tell one',
        'add `role`, one of: client, director, real-server, router, dns, proxy; or begin the name with client, director, lb, rs, real, router, gw, dns or proxy',
      ],
      ['node "rsync" has no role, and its name does not tell one'],
    );
  });
});

describe('networks', () => {
  it('have a subnet', () => {
    expectProblems(
      networks(
        '  front: ▸203.0.113.0\n  b: ▸10.0.0.256/24\n  c: ▸fd00::1::/64\n  d: ▸back\n  e: { subnet: ▸010.0.0.0/24 }',
      ),
      ['subnet "203.0.113.0" has no prefix', 'write the prefix as well, such as 203.0.113.0/24'],
      ['subnet "10.0.0.256/24" is not an IPv4 network', 'an address and a prefix, such as 10.0.0.0/24'],
      ['subnet "fd00::1::/64" is not an IPv6 network', 'an address and a prefix, such as 2001:db8:1::/64'],
      ['subnet "back" is not an IPv4 network'],
      ['subnet "010.0.0.0/24" is not an IPv4 network'],
    );
  });

  it('have no host bits set', () => {
    expectProblems(
      networks('  front: ▸203.0.113.5/24\n  back: { subnet: ▸10.0.0.130/25 }'),
      ['subnet "203.0.113.5/24" has host bits set', 'the network is 203.0.113.0/24'],
      ['subnet "10.0.0.130/25" has host bits set', 'the network is 10.0.0.128/25'],
    );
  });

  it('have a prefix that leaves room for machines', () => {
    expectProblems(
      networks(
        '  front: 11.0.0.0/8\n  a: ▸10.0.0.0/7\n  b: ▸10.0.0.0/31\n  c: ▸10.0.0.0/33\n  d: 10.0.0.0/30',
      ),
      ['subnet "10.0.0.0/7" has prefix /7, which is not between /8 and /30', 'such as 10.0.0.0/24'],
      ['subnet "10.0.0.0/31" has prefix /31, which is not between /8 and /30'],
      ['subnet "10.0.0.0/33" has prefix /33, which is not between /8 and /30'],
    );
  });

  it('are none that have a meaning of their own', () => {
    expectProblems(
      networks('  front: ▸127.0.1.0/24\n  a: ▸224.0.0.0/24\n  b: ▸0.0.0.0/8'),
      ['subnet "127.0.1.0/24" cannot belong to a machine'],
      ['subnet "224.0.0.0/24" cannot belong to a machine'],
      ['subnet "0.0.0.0/8" cannot belong to a machine'],
    );
  });

  it('do not overlap', () => {
    expectProblems(
      networks(
        '  front: 10.0.0.0/16\n  a: ▸10.0.5.0/24\n  b: 192.0.2.0/25\n  c: ▸192.0.2.0/25\n  d: 192.0.2.128/25\n  e: ▸192.0.0.0/16',
      ),
      [
        'subnet "10.0.5.0/24" of "a" overlaps "10.0.0.0/16" of "front" on line 4',
        'give every network a subnet of its own',
      ],
      ['subnet "192.0.2.0/25" of "c" overlaps "192.0.2.0/25" of "b" on line 6'],
      ['subnet "192.0.0.0/16" of "e" overlaps "192.0.2.0/25" of "b" on line 6'],
    );
  });

  it('have room for their nodes and VIPs', () => {
    const on = '  client1: { on: front }\n  client2: { on: front }\n  client3: { on: front }';
    expectProblems(lab({ networks: '  front: ▸10.0.0.0/30', nodes: on, services: '' }), [
      'subnet "10.0.0.0/30" of "front" has 2 addresses, too few for 3 nodes',
      'such as 10.0.0.0/24',
    ]);
    const pair = '  director: { on: [front, back] }\n  rs1: { on: back }';
    const two = '  - vip: 10.0.0.2\n  - { vip: 10.0.0.2, port: 81 }';
    expectProblems(
      lab({ networks: '  front: 10.1.0.0/30\n  back: ▸10.0.0.0/30', nodes: pair, services: two }),
      [
        'subnet "10.0.0.0/30" of "back" has 2 addresses, too few for 2 nodes and 1 virtual address',
        'such as 10.0.0.0/24',
      ],
    );
    expectProblems(
      lab({ networks: '  front: ▸10.0.0.0/25', nodes: '  rs: { on: front, count: 127 }', services: '' }),
      ['subnet "10.0.0.0/25" of "front" has 126 addresses, too few for 127 nodes', 'such as 10.0.0.0/24'],
    );
    expectProblems(
      lab({ networks: '  front: 10.0.0.0/25', nodes: '  rs: { on: front, count: 126 }', services: '' }),
    );
  });
});

describe('nodes', () => {
  it('are there', () => {
    expectProblems('lvslab: 1\nnetworks: { front: 10.0.0.0/24 }\nnodes: ▸{}\n', [
      'there are no nodes',
      'add one, such as `client: { on: front }`',
    ]);
  });

  it('are on networks that exist, on each once', () => {
    expectProblems(
      nodes(
        '  client1: { on: ▸frnt }\n  client2: { on: [front, ▸far, ▸front] }\n  client3: { on: { ▸bakc: auto } }',
      ),
      ['unknown network "frnt"', `did you mean "front"? ${KNOWN}`],
      ['unknown network "far"', KNOWN],
      ['node "client2" is on network "front" twice', 'name every network once'],
      ['unknown network "bakc"', `did you mean "back"? ${KNOWN}`],
    );
  });

  it('are on a network at all', () => {
    expectProblems(
      nodes('  ▸client1: { on: [] }\n  ▸client2: { on: {} }'),
      ['node "client1" is on no network', 'add one, such as `on: front`'],
      ['node "client2" is on no network'],
    );
  });

  it('are not unknown to a network whose own line is wrong', () => {
    expectProblems(lab({ networks: '  front: ▸x\n  back: 10.0.0.0/24' }), [
      'subnet "x" is not an IPv4 network',
    ]);
  });

  it('do not share a name with those that a count makes', () => {
    expectProblems(nodes('  rs: { on: back, count: 3 }\n  ▸rs2: { on: back }\n  rs4: { on: back }'), [
      'two nodes would be called "rs2": this one and "rs" on line 7 with count 3',
      'rename one of them',
    ]);
    expectProblems(nodes('  rs2: { on: back }\n  ▸rs: { on: back, count: 3 }'), [
      'two nodes would be called "rs2": this one and "rs2" on line 7',
    ]);
    expectProblems(nodes('  rs: { on: back, count: 12 }\n  ▸rs1: { on: back, count: 2 }'), [
      'two nodes would be called "rs1": this one and "rs" on line 7 with count 12',
    ]);
  });

  it('have names that fit when counted', () => {
    expectProblems(nodes('  rs-in-berlin: { on: back, count: ▸9 }\n  rs-berlin: { on: back, count: 100 }'), [
      'count 9 makes a node "rs-in-berlin9", 13 characters long, and the limit is 12',
      'take a shorter name or a smaller count',
    ]);
  });

  it('are no more than a machine can bear', () => {
    const many = Array.from(
      { length: 5 },
      (_, i) => `  ${i === 4 ? '▸' : ''}rs-${i}-: { on: back, count: 250 }`,
    );
    expectProblems(nodes(many.join('\n')), ['with node "rs-4-" the lab has more than 1000 nodes']);
  });
});

describe('fixed addresses', () => {
  it('are addresses of machines', () => {
    expectProblems(
      nodes(
        '  rs1: { on: { back: ▸10.0.0.300 } }\n  rs2: { on: { back: ▸10.0.0.2/24 } }\n  rs3: { on: { back: ▸fd00::1 } }\n  rs4: { on: { back: ▸fd00:1 } }',
      ),
      [
        'address "10.0.0.300" is not an IPv4 address',
        'four numbers from 0 to 255 with dots between them, such as 10.0.0.11',
      ],
      ['address "10.0.0.2/24" has a prefix', 'write the address alone: 10.0.0.2'],
      [
        'address "fd00::1" is outside network "back", which is "10.0.0.0/24" (line 5)',
        'take one inside, such as 10.0.0.11, or `auto`',
      ],
      ['address "fd00:1" is not an IPv6 address'],
    );
  });

  it('lie inside their network', () => {
    expectProblems(
      nodes(
        '  rs1: { on: { back: ▸10.0.1.11 } }\n  rs2: { on: { back: ▸10.0.0.0 } }\n  rs3: { on: { back: ▸10.0.0.255 } }',
      ),
      [
        'address "10.0.1.11" is outside network "back", which is "10.0.0.0/24" (line 5)',
        'take one inside, such as 10.0.0.11, or `auto`',
      ],
      [
        'address "10.0.0.0" is the network address of network "back"',
        'no machine can have it: take another, such as 10.0.0.11, or `auto`',
      ],
      ['address "10.0.0.255" is the broadcast address of network "back"'],
    );
  });

  it('are used once', () => {
    expectProblems(
      nodes(
        '  rs1: { on: { back: 10.0.0.11 } }\n  rs2: { on: { back: 10.0.0.12 } }\n  rs3: { on: { back: ▸10.0.0.11 } }',
      ),
      ['address "10.0.0.11" is used twice: "rs1" has it on line 7', 'take another, or `auto`'],
    );
  });

  it('are no VIP', () => {
    expectProblems(
      lab({ nodes: '  director: { on: { front: ▸203.0.113.100, back: auto } }\n  rs1: { on: back }' }),
      [
        'address "203.0.113.100" is the VIP of a service on line 10',
        'a VIP belongs to its service alone: take another address, or `auto`',
      ],
    );
  });

  it('cannot be had by several', () => {
    expectProblems(nodes('  rs: { on: { back: ▸10.0.0.11, front: auto }, count: 2 }'), [
      'address "10.0.0.11" cannot belong to every node that a count makes',
      'write `auto`, or write the nodes out instead of `count`',
    ]);
  });
});

describe('gateways and routes', () => {
  it('lead to neighbours', () => {
    expectProblems(
      nodes(`  director: { on: [front, back] }
  client: { on: front, gateway: ▸directr }
  rs1: { on: back, gateway: ▸client }
  rs2: { on: back, gateway: ▸rs2 }
  rs3: { on: back, gateway: ▸203.0.113.9 }
  rs4: { on: back, gateway: ▸10.0.0.255 }
  rs5: { on: back, gateway: ▸10.0.0.1/24 }
  rs6: { on: back, gateway: ▸10.0.0 }
  rs7: { on: back, gateway: ▸gw }
  gw: { on: back, count: 2 }
  rs8: { on: back, gateway: gw2 }`),
      [
        'gateway "directr" is neither a node nor an address',
        'did you mean "director"? one of: director, rs1, rs2, rs3, rs4, rs5, rs6, rs7, gw, rs8',
      ],
      ['gateway "client" shares no network with node "rs1"', '"rs1" is on back; "client" is on front'],
      ['node "rs2" cannot be its own gateway', 'name a neighbour'],
      [
        'gateway "203.0.113.9" is outside the networks of node "rs3"',
        'a next hop is a neighbour: "rs3" is on back',
      ],
      ['gateway "10.0.0.255" is the broadcast address of its network', 'no machine can have it'],
      ['gateway "10.0.0.1/24" has a prefix', 'write the address alone: 10.0.0.1'],
      ['gateway "10.0.0" is not an IPv4 address'],
      ['gateway "gw" stands for 2 nodes', 'name one, such as gw1'],
    );
  });

  it('are checked the same way in routes', () => {
    expectProblems(
      nodes(`  client: { on: front }
  r1:
    role: router
    on: back
    routes:
      - { to: ▸192.0.2.1/24, via: ▸client }
      - { to: ▸192.0.2, via: ▸nobody }
      - { to: ▸default, via: ▸198.51.100.1 }
      - { to: ▸0.0.0.0/0, via: 10.0.0.9 }
      - { to: 198.51.100.7, via: ▸none }
      - { to: ▸198.51.100.7/32, via: 10.0.0.9 }`),
      ['route to "192.0.2.1/24": it has host bits set', 'the network is 192.0.2.0/24'],
      ['via "client" shares no network with node "r1"'],
      ['route to "192.0.2": it is not an IPv4 network'],
      ['via "nobody" is neither a node nor an address', 'one of: client'],
      ['route to "default" would be a default route', 'write `gateway` instead'],
      ['via "198.51.100.1" is outside the networks of node "r1"'],
      ['route to "0.0.0.0/0" would be a default route'],
      ['via "none" is neither a node nor an address'],
      ['route to "198.51.100.7/32" is here twice: it is on line 16 already', 'keep one of them'],
    );
  });

  it('are no further trouble where a network is unknown', () => {
    expectProblems(
      nodes(
        '  director: { on: ▸bck }\n  rs1: { on: back, gateway: director }\n  rs2: { on: ▸bakc, gateway: 10.0.0.1 }',
      ),
      ['unknown network "bck"'],
      ['unknown network "bakc"'],
    );
  });
});

describe('services', () => {
  it('have a VIP that can be an address', () => {
    expectProblems(
      lab({
        services:
          '  - vip: ▸203.0.113.300\n  - vip: ▸2001:db8:1\n  - vip: ▸203.0.113.9/32\n  - vip: ▸127.0.0.1\n  - vip: ▸www',
      }),
      [
        'VIP "203.0.113.300" is not an IPv4 address',
        'four numbers from 0 to 255 with dots between them, such as 203.0.113.100',
      ],
      ['VIP "2001:db8:1" is not an IPv6 address'],
      ['VIP "203.0.113.9/32" has a prefix', 'write the address alone: 203.0.113.9'],
      ['VIP "127.0.0.1" cannot belong to a machine'],
      ['VIP "www" is not an IPv4 address'],
    );
    expectProblems(
      lab({ services: '  - vip: ▸203.0.113.0\n  - vip: ▸10.0.0.255' }),
      [
        'VIP "203.0.113.0" is the network address of network "front"',
        'take another address of that network, or one outside every network',
      ],
      ['VIP "10.0.0.255" is the broadcast address of network "back"'],
    );
  });

  it('are there once', () => {
    expectProblems(
      lab({
        services:
          '  - vip: 203.0.113.100\n  - { vip: 203.0.113.100, port: 81 }\n  - { vip: ▸203.0.113.100, port: 80 }',
      }),
      [
        'service 203.0.113.100:80 tcp is here twice: it is on line 12 already',
        'give one of them another VIP or port, or put the servers together',
      ],
    );
  });

  it('need a director', () => {
    expectProblems(
      lab({ nodes: '  client: { on: front }\n  rs1: { on: back }' }).replace('services', '▸services'),
      [
        'there are services but no director',
        'add a node that forwards requests, such as `director: { on: [front, back] }`',
      ],
    );
    expectProblems(lab({ nodes: '  ▸balancer: { on: front }\n  rs1: { on: back }' }), [
      'node "balancer" has no role, and its name does not tell one',
    ]);
  });

  it('need a real server', () => {
    expectProblems(lab({ nodes: '  director: { on: front }', services: '  - vip: ▸203.0.113.100' }), [
      'a service without any real server',
      'add a node that answers, such as `rs1: { on: back }`',
    ]);
    expectProblems(service('servers: ▸[]'), [
      'a service without any real server',
      'leave `servers` out to have every real server answer',
    ]);
  });

  it('need a mode', () => {
    expectProblems(
      lab({
        mode: '',
        services: '  - { vip: 203.0.113.100, mode: nat }\n  - ▸vip: 203.0.113.101\n  - vip: 203.0.113.102',
      }),
      [
        'nothing says how requests are forwarded: neither this service nor the file has a mode',
        'add `mode: nat`, `mode: tun`, `mode: dr` or `mode: proxy` at the top of the file',
      ],
    );
    expectProblems(
      lab({ mode: '', services: '  - ▸{ vip: 203.0.113.100, servers: [{ node: rs1, mode: nat }, rs2] }' }),
      ['nothing says how requests are forwarded: neither this service nor the file has a mode'],
    );
    expectProblems(lab({ mode: 'mode: ▸nta' }), ['unknown mode "nta"']);
  });

  it('name directors that direct', () => {
    expectProblems(
      service('directors: [director, ▸directr, ▸rs1, ▸director]'),
      ['no node bears the name of director "directr"', 'did you mean "director"? one of: director'],
      ['node "rs1" is a real server, not a director', 'name another, or give "rs1" `role: director`'],
      ['director "director" is named twice', 'name it once'],
    );
    expectProblems(service('directors: ▸[]'), [
      'a service without any director',
      'leave `directors` out to have every director carry it',
    ]);
  });

  it('name real servers that serve', () => {
    expectProblems(
      service('servers: [▸rs9, { node: ▸client }, rs1]'),
      ['no node bears the name of real server "rs9"', 'did you mean "rs1"? one of: rs1, rs2'],
      ['node "client" is a client, not a real server', 'name another, or give "client" `role: real-server`'],
    );
  });

  it('name each server once, unless by another port', () => {
    const fix = 'name it once; a larger share is what `weight` is for';
    expectProblems(service('servers: [rs1, { node: rs1, port: 81 }, { node: ▸rs1, port: 80 }]'), [
      'real server "rs1" with port 80 is in this service twice: it is on line 12 already',
      fix,
    ]);
    expectProblems(
      lab({
        nodes: '  director: { on: [front, back] }\n  rs: { on: back, count: 3 }',
        services: '  - vip: 203.0.113.100\n    servers:\n      - rs2\n      - ▸rs',
      }),
      ['real server "rs2" with port 80 is in this service twice: it is on line 12 already', fix],
    );
  });

  it('map ports only with NAT', () => {
    const fix =
      'only nat rewrites packets (ipvsadm would silently use the service’s port): leave `port` out, or use mode nat';
    expectProblems(
      lab({
        mode: 'mode: tun',
        services:
          '  - { vip: 203.0.113.100, port: 81, servers: [{ node: rs1, port: ▸8080 }, { node: rs2, port: 81 }] }',
      }),
      ['port 8080 differs from the service’s port 81, and mode tun cannot map ports', fix],
    );
    expectProblems(service('servers: [{ node: rs1, port: ▸8080, mode: dr }, { node: rs2, port: 8080 }]'), [
      'port 8080 differs from the service’s port 80, and mode dr cannot map ports',
      fix,
    ]);
  });

  it('use a network on which the server is', () => {
    expectProblems(
      service('servers: [{ node: rs1, network: ▸front }, { node: rs2, network: ▸bakc }]'),
      ['real server "rs1" is not on network "front"', 'it is on back'],
      ['unknown network "bakc"', `did you mean "back"? ${KNOWN}`],
    );
  });

  it('have a tunnel only with mode tun', () => {
    const fix = 'add `mode: tun`, or leave `tunnel` out';
    expectProblems(service('tunnel: ▸gue'), [
      'tunnel "gue" without mode tun: nothing of this service goes through a tunnel',
      fix,
    ]);
    expectProblems(service('tunnel: gue, servers: [rs1, { node: rs2, mode: tun }]'));
    expectProblems(service('tunnel: gue', 'mode: ▸tunnl'), ['unknown mode "tunnl"']);
  });
});

describe('direct routing', () => {
  const three = {
    mode: 'mode: dr',
    networks: '  front: 203.0.113.0/24\n  back: 10.0.0.0/24\n  far: 10.9.0.0/24',
    nodes:
      '  director: { on: [front, back] }\n  rs1: { on: [back, far] }\n  rs2: { on: far }\n  gw: { on: [back, far] }',
  };
  const fix = 'direct routing rewrites only the MAC address: put both on one network, or use mode tun or nat';

  it('needs director and server on one network', () => {
    expectProblems(lab({ ...three, services: '  - { vip: 203.0.113.100, servers: [rs1, ▸rs2] }' }), [
      'real server "rs2" shares no network with director "director", and mode dr needs that',
      fix,
    ]);
    expectProblems(lab({ ...three, services: '  - ▸vip: 203.0.113.100' }), [
      'real server "rs2" shares no network with director "director", and mode dr needs that',
    ]);
    expectProblems(
      lab({ ...three, services: '  - { vip: 203.0.113.100, servers: [{ node: ▸rs1, network: far }] }' }),
      [
        'real server "rs1" does not share network "far" with director "director", and mode dr needs that',
        fix,
      ],
    );
    expectProblems(
      lab({ ...three, services: '  - { vip: 203.0.113.100, servers: [rs1, { node: rs2, mode: tun }] }' }),
    );
  });

  it('needs that of every director of the service', () => {
    const nodes = `${three.nodes}\n  lb: { on: far }`;
    expectProblems(lab({ ...three, nodes, services: '  - { vip: 203.0.113.100, servers: [rs1, ▸rs2] }' }), [
      'real server "rs2" shares no network with director "director", and mode dr needs that',
    ]);
    expectProblems(
      lab({ ...three, nodes, services: '  - { vip: 203.0.113.100, directors: [lb], servers: [rs1, rs2] }' }),
    );
  });
});

describe('several problems', () => {
  it('of the text, the shape and the meaning are reported in one go and in file order', () => {
    expectProblems(
      `lvslab: 1
mode: ▸nta
networks:
  front: 203.0.113.0/24
  back: ▸203.0.113.128/25
  back2: { subnet: 10.0.0.0/24, mtu: ▸big }
nodes:
  client: { on: front, ▸gatway: r1 }
  director: { on: [front, ▸bakc] }
  ▸rs-number-one: { on: { back2: ▸10.0.9.1 } }
  rs2: { on: back2 }
  ▸rs2: { on: back }
  ▸web: { on: back }
services:
  - vip: ▸203.0.113.300
    port: ▸70000
    scheduler: ▸wrrr
    servers:
      - { node: rs2, weight: ▸-1 }
      - ▸rs3
  - vip: 203.0.113.100
    protocol: ▸sctp
▸extra: true
`,
      ['unknown mode "nta"'],
      ['subnet "203.0.113.128/25" of "back" overlaps "203.0.113.0/24" of "front" on line 4'],
      ['mtu "big" is text, not a number'],
      ['unknown key "gatway" in node "client"'],
      ['unknown network "bakc"'],
      ['node name "rs-number-one" is 13 characters long, and the limit is 12'],
      ['address "10.0.9.1" is outside network "back2", which is "10.0.0.0/24" (line 6)'],
      ['"rs2" is here twice: it is on line 11 already'],
      ['node "web" has no role, and its name does not tell one'],
      ['VIP "203.0.113.300" is not an IPv4 address'],
      ['port 70000 is not between 1 and 65535'],
      ['unknown scheduler "wrrr"'],
      ['weight -1 is not between 0 and 65535'],
      ['no node bears the name of real server "rs3"'],
      ['sctp is not supported'],
      ['unknown key "extra" in the file'],
    );
  });
});
