import { describe, expect, it } from 'vitest';
import { parseTopology } from '../../../src/topology/parse.ts';
import { expectProblems, lab, problemsOf } from './marked.ts';

const NETWORKS = '  front: [203.0.113.0/24, 2001:db8:1::/64]\n  back: 10.0.0.0/24';

function networks(text: string): string {
  return lab({ networks: text, nodes: '  client: { on: front }', services: '' });
}

function nodes(text: string, nets = NETWORKS): string {
  return lab({ networks: nets, nodes: text, services: '' });
}

/** The lab of NAT with these services; `front` has both families, `back` IPv4 alone. */
function services(text: string, mode = 'mode: nat', nets = NETWORKS): string {
  return lab({ mode, networks: nets, services: text });
}

describe('the forms of a network', () => {
  it('are one subnet, a list of one of each family, and a mapping of either', () => {
    const { networks: found } = parseTopology(
      `lvslab: 1
networks:
  a: 2001:db8:1::/64
  b: [10.0.0.0/24, 2001:DB8:2:0::/64]
  c: { subnet: [2001:db8:3::/64, 10.0.1.0/24], mtu: 1400 }
nodes: { client: { on: [a, b, c] } }
`,
      'lab.yaml',
      'lab',
    );
    expect(found).toEqual([
      { name: 'a', subnets: ['2001:db8:1::/64'], mtu: undefined, quality: {} },
      { name: 'b', subnets: ['10.0.0.0/24', '2001:db8:2::/64'], mtu: undefined, quality: {} },
      { name: 'c', subnets: ['2001:db8:3::/64', '10.0.1.0/24'], mtu: 1400, quality: {} },
    ]);
  });

  it('hold one subnet of each family at most, and one at least', () => {
    expectProblems(
      networks(
        '  front: [2001:db8:1::/64, ▸2001:db8:2::/64]\n  back: [10.0.0.0/24, ▸10.0.1.0/24]\n  ▸far: []',
      ),
      [
        'network "front" has two IPv6 subnets: "2001:db8:1::/64" and "2001:db8:2::/64"',
        'one of each family at most: make a network of its own of the other',
      ],
      ['network "back" has two IPv4 subnets: "10.0.0.0/24" and "10.0.1.0/24"'],
      ['network "far" has no subnet', 'write one, such as 10.0.0.0/24'],
    );
    expectProblems(
      networks('  front: [▸10, 2001:db8:1::/64]\n  back: { subnet: [▸{}] }'),
      ['subnet 1 is a number, not text', 'write `subnet: 10.0.0.0/24`'],
      ['subnet 1 is a mapping, not text'],
    );
  });
});

describe('IPv6 subnets', () => {
  it('are well-formed, without host bits, large enough and nobody else’s', () => {
    expectProblems(
      networks(
        [
          '  front: ▸2001:db8:1::1/64',
          '  b: ▸"2001:db8:2::"',
          '  c: ▸2001:db8::5::/64',
          '  d: ▸2001:db8:3::/127',
          '  e: ▸fe80::/64',
          '  f: ▸ff00::/16',
          '  g: ▸2001:db8:zz::/64',
          '  h: ▸2001:db8:4::/129',
        ].join('\n'),
      ),
      ['subnet "2001:db8:1::1/64" has host bits set', 'the network is 2001:db8:1::/64'],
      ['subnet "2001:db8:2::" has no prefix', 'write the prefix as well, such as 2001:db8:2::/64'],
      [
        'subnet "2001:db8::5::/64" is not an IPv6 network',
        'an address and a prefix, such as 2001:db8:1::/64',
      ],
      [
        'subnet "2001:db8:3::/127" has prefix /127, which is not between /16 and /126',
        'such as 2001:db8:3::/64',
      ],
      ['subnet "fe80::/64" cannot belong to a machine'],
      ['subnet "ff00::/16" cannot belong to a machine'],
      ['subnet "2001:db8:zz::/64" is not an IPv6 network'],
      ['subnet "2001:db8:4::/129" has prefix /129, which is not between /16 and /126'],
    );
  });

  it('want an MTU of 1280 bytes', () => {
    expectProblems(
      networks(
        '  front: { subnet: 2001:db8:1::/64, mtu: ▸1279 }\n  b: { subnet: 2001:db8:2::/64, mtu: 1280 }\n  c: { subnet: 10.0.0.0/24, mtu: 576 }',
      ),
      [
        'mtu 1279 of network "front" is too small for its IPv6 subnet',
        'IPv6 wants 1280 bytes of every link (RFC 8200): make it larger, or leave the subnet out',
      ],
    );
  });

  it('do not overlap, however they are written', () => {
    expectProblems(networks('  front: [10.0.0.0/24, 2001:db8::/32]\n  b: [10.1.0.0/24, ▸2001:0DB8:5::/48]'), [
      'subnet "2001:0DB8:5::/48" of "b" overlaps "2001:db8::/32" of "front" on line 4',
      'give every network a subnet of its own',
    ]);
  });

  it('have room for nodes and VIPs', () => {
    expectProblems(
      lab({
        networks: '  front: ▸2001:db8:1::/126\n  back: 2001:db8:2::/64',
        services: '  - vip: 2001:db8:1::3',
        nodes: '  client: { on: front, count: 2 }\n  director: { on: [front, back] }\n  rs1: { on: back }',
      }),
      [
        'subnet "2001:db8:1::/126" of "front" has 3 addresses, too few for 3 nodes and 1 virtual address',
        'such as 2001:db8:1::/64',
      ],
    );
  });
});

describe('IPv6 addresses', () => {
  it('are well-formed, inside the network, of machines, and used once', () => {
    expectProblems(
      nodes(
        [
          '  rs1: { on: { front: ▸2001:db8:1::g } }',
          '  rs2: { on: { front: ▸2001:db8:2::11 } }',
          '  rs3: { on: { front: ▸"2001:db8:1::" } }',
          '  rs4: { on: { front: ▸2001:db8:1::4/64 } }',
          '  rs5: { on: { front: ▸fe80::1%eth0 } }',
          '  rs6: { on: { front: ▸::1 } }',
          '  rs7: { on: { front: 2001:db8:1::7 } }',
          '  rs8: { on: { front: [203.0.113.8, ▸2001:DB8:1:0::0007] } }',
          '  rs9: { on: { back: ▸2001:db8:1::9 } }',
        ].join('\n'),
      ),
      [
        'address "2001:db8:1::g" is not an IPv6 address',
        'up to eight groups of hexadecimal digits with colons between them, one :: for groups of zeros, such as 2001:db8:1::11',
      ],
      [
        'address "2001:db8:2::11" is outside network "front", which is "203.0.113.0/24" and "2001:db8:1::/64" (line 4)',
        'take one inside, such as 2001:db8:1::11, or `auto`',
      ],
      [
        'address "2001:db8:1::" is the address of all routers (anycast) of network "front"',
        'no machine can have it: take another, such as 2001:db8:1::11, or `auto`',
      ],
      ['address "2001:db8:1::4/64" has a prefix', 'write the address alone: 2001:db8:1::4'],
      ['address "fe80::1%eth0" has a zone', 'write the address alone: fe80::1'],
      ['address "::1" cannot belong to a machine'],
      ['address "2001:db8:1::7" is used twice: "rs7" has it on line 13'],
      ['address "2001:db8:1::9" is outside network "back", which is "10.0.0.0/24" (line 5)'],
    );
  });
});

describe('routes and gateways', () => {
  it('do not mix the families', () => {
    expectProblems(
      nodes(
        [
          '  r1: { on: [front, back] , role: router }',
          '  rs1: { on: front, routes: [{ to: 2001:db8:9::/64, via: ▸203.0.113.9 }] }',
          '  rs2: { on: front, routes: [{ to: 192.0.2.0/24, via: ▸2001:db8:1::9 }] }',
          '  rs3: { on: back, routes: [{ to: 2001:db8:9::/64, via: ▸r1 }] }',
          '  rs4: { on: front, routes: [{ to: 2001:db8:9::/64, via: r1 }, { to: ▸2001:db8:9:0::/64, via: r1 }] }',
          '  rs5: { on: front, routes: [{ to: ▸2001:db8:9::1/64, via: r1 }, { to: ▸::/0, via: r1 }] }',
          '  rs6: { on: front, gateway: ▸2001:db8:7::1 }',
          '  rs7: { on: front, gateway: 2001:db8:1::77 }',
        ].join('\n'),
      ),
      [
        'route to "2001:db8:9::/64" mixes IPv6 and IPv4: via "203.0.113.9"',
        'a next hop of an IPv6 route has an IPv6 address',
      ],
      ['route to "192.0.2.0/24" mixes IPv4 and IPv6: via "2001:db8:1::9"'],
      [
        'route to "2001:db8:9::/64" is IPv6, and no network that "rs3" and "r1" share has an IPv6 subnet',
        'a next hop of an IPv6 route has an IPv6 address',
      ],
      ['route to "2001:db8:9:0::/64" is here twice: it is on line 11 already'],
      ['route to "2001:db8:9::1/64": it has host bits set', 'the network is 2001:db8:9::/64'],
      ['route to "::/0" would be a default route', 'write `gateway` instead'],
      ['gateway "2001:db8:7::1" is outside the networks of node "rs6"'],
    );
  });
});

describe('services', () => {
  it('have a VIP that can be one', () => {
    expectProblems(
      services('  - vip: ▸"2001:db8:1::"\n    servers: [▸rs1]\n'),
      ['VIP "2001:db8:1::" is the address of all routers (anycast) of network "front"'],
      [
        'real server "rs1" has no IPv6 address, and VIP "2001:db8:1::" is IPv6: mode nat cannot cross from one family to the other (the kernel allows it to tunnels alone)',
      ],
    );
  });

  it.each(['nat', 'dr'])('refuse an IPv6 VIP with IPv4 servers in mode %s, with the reason', (mode) => {
    const found = problemsOf(services('  - vip: 2001:db8:1::100', `mode: ${mode}`));
    const family = found.find((p) => p.message.includes('has no IPv6 address'));
    expect(family).toMatchObject({
      line: 12,
      message: `real server "rs1" has no IPv6 address, and VIP "2001:db8:1::100" is IPv6: mode ${mode} cannot cross from one family to the other (the kernel allows it to tunnels alone)`,
      fix: 'give back an IPv6 subnet as well, such as 2001:db8:1::/64',
    });
  });

  it('refuse it in mode tun too where the server has no way to answer', () => {
    expectProblems(services('  - { vip: 2001:db8:1::100, servers: [▸rs1] }', 'mode: tun'), [
      'real server "rs1" has no IPv6 address, and VIP "2001:db8:1::100" is IPv6: it must answer the clients itself',
    ]);
  });

  const MIXED = '  front: [203.0.113.0/24, 2001:db8:1::/64]\n  back: 10.0.0.0/24\n  six: 2001:db8:6::/64';
  const mixed = (mode: string, network: string) =>
    lab({
      mode: `mode: ${mode}`,
      networks: MIXED,
      nodes: '  client: { on: front }\n  director: { on: [front, back, six] }\n  rs1: { on: [back, six] }',
      services: `  - { vip: 2001:db8:1::100, servers: [{ node: rs1, network: ${network} }] }`,
    });

  it('let a tunnel lead through the other family, and nothing else', () => {
    expect(problemsOf(mixed('tun', 'back'))).toEqual([]);
    expect(problemsOf(mixed('nat', 'six'))).toEqual([]);
    expect(problemsOf(mixed('dr', 'six'))).toEqual([]);
    for (const mode of ['nat', 'dr'])
      expectProblems(mixed(mode, '▸back'), [
        `network "back" has no IPv6 subnet, and VIP "2001:db8:1::100" is IPv6: mode ${mode} cannot cross from one family to the other`,
        'name a network that has one, or use mode tun (the kernel allows it to tunnels alone)',
      ]);
  });

  it('want a director with an address of the family, and of the tunnel’s', () => {
    const director = (on: string, service: string) =>
      lab({
        mode: 'mode: tun',
        networks: MIXED,
        nodes: `  client: { on: front }\n  director: { on: ${on} }\n  rs1: { on: [back, six] }`,
        services: service,
      });
    expectProblems(director('back', '  - vip: ▸2001:db8:1::100'), [
      'VIP "2001:db8:1::100" is IPv6, and director "director" is on no network with an IPv6 subnet',
      'give back an IPv6 subnet as well, such as 2001:db8:1::/64',
    ]);
    expectProblems(
      director('six', '  ▸- { vip: 2001:db8:1::100, servers: [{ node: rs1, network: back }] }')
        .replace('▸-', '- ▸')
        .replace('- ▸ {', '- ▸{'),
      [
        'director "director" and network "back" of real server "rs1" have no address family in common: no tunnel can lead there',
      ],
    );
  });

  it('of DR want the family on the segment that director and server share', () => {
    expectProblems(
      lab({
        mode: 'mode: dr',
        networks: MIXED,
        nodes: '  client: { on: front }\n  director: { on: [front, back] }\n  rs1: { on: [back, six] }',
        services: '  - { vip: 2001:db8:1::100, servers: [▸rs1] }',
      }),
      [
        'no network that real server "rs1" and director "director" share has an IPv6 subnet, and mode dr needs that',
        'give back one: write it as a list, such as [192.0.2.0/24, 2001:db8:1::/64]',
      ],
    );
  });

  it('are the same service however the VIP is written', () => {
    const both = '  front: [203.0.113.0/24, 2001:db8:1::/64]\n  back: [10.0.0.0/24, 2001:db8:2::/64]';
    expectProblems(services('  - vip: 2001:db8:1::100\n  - vip: ▸2001:DB8:1:0::100', 'mode: nat', both), [
      'service [2001:db8:1::100]:80 tcp is here twice: it is on line 12 already',
    ]);
    expect(
      problemsOf(services('  - vip: 203.0.113.100\n  - vip: 2001:db8:1::100', 'mode: nat', both)),
    ).toEqual([]);
  });
});
