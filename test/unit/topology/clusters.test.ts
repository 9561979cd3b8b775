import { describe, expect, it } from 'vitest';
import { parseTopology } from '../../../src/topology/parse.ts';
import { expectProblems } from './marked.ts';

const NODES = `  client: { on: lan }
  d1: { role: director, on: lan }
  d2: { role: director, on: lan }
  rs1: { on: lan }`;

/** A file with two directors on one network, and these clusters. */
function file(
  clusters: string,
  {
    nodes = NODES,
    services = '  - vip: 192.0.2.100',
    networks = '  lan: 192.0.2.0/24',
    mode = 'dr',
  }: { nodes?: string; services?: string; networks?: string; mode?: string } = {},
): string {
  return `lvslab: 1
mode: ${mode}
networks:
${networks}
nodes:
${nodes}
services:
${services}
clusters:
${clusters}
`;
}
const FOUR = `${NODES}
  d3: { role: director, on: lan }
  d4: { role: director, on: lan }`;
const TWO_SERVICES = `  - { vip: 192.0.2.100, directors: [d1, d2] }
  - { vip: 192.0.2.101, directors: [d3, d4] }`;
const ON_TWO = NODES.replace('d1: { role: director, on: lan }', 'd1: { role: director, on: [lan, back] }');
const TWO_NETWORKS = '  lan: 192.0.2.0/24\n  back: 10.0.0.0/24';

describe('a cluster', () => {
  it('has defaults for all but its directors', () => {
    const { clusters } = parseTopology(
      file('  ha: { directors: [d1, d2], vrrp: {}, sync: {} }'),
      'lab.yaml',
      'lab',
    );
    expect(clusters).toEqual([
      {
        name: 'ha',
        directors: ['d1', 'd2'],
        gateways: [],
        vrrp: { id: 51, interval: 1000, on: undefined },
        sync: { id: 1, on: 'lan' },
      },
    ]);
  });

  it('takes the nodes that a count makes, and what is stated', () => {
    const text = file(
      '  ha: { directors: [d], vrrp: { interval: 250ms, id: 9, on: lan }, sync: { id: 7, on: lan, master: d1 } }',
      { nodes: '  client: { on: lan }\n  d: { role: director, on: lan, count: 2 }\n  rs1: { on: lan }' },
    );
    expect(parseTopology(text, 'lab.yaml', 'lab').clusters).toEqual([
      {
        name: 'ha',
        directors: ['d1', 'd2'],
        gateways: [],
        vrrp: { id: 9, interval: 250, on: 'lan' },
        sync: { id: 7, on: 'lan' },
      },
    ]);
  });

  it('may stand beside another that has other ids', () => {
    const text = file(
      `  a: { directors: [d1, d2], vrrp: {}, sync: {} }
  b: { directors: [d3, d4], vrrp: { id: 52 }, sync: { id: 2 } }`,
      { nodes: FOUR, services: TWO_SERVICES },
    );
    expect(parseTopology(text, 'lab.yaml', 'lab').clusters).toHaveLength(2);
  });
});

describe('who is in a cluster', () => {
  it('are directors, two or more, each once and in no other', () => {
    expectProblems(file('  ha: { directors: [d1, ▸rs1] }'), [
      'node "rs1" is a real server, not a director',
      'name another, or give "rs1" `role: director`',
    ]);
    expectProblems(file('  ha: { directors: [d1, d2, ▸d9] }'), ['no node bears the name of director "d9"']);
    expectProblems(file('  ha: { directors: [d1, d2, ▸d1] }'), [
      'director "d1" is named twice',
      'name it once',
    ]);
    expectProblems(
      file('  ha: { directors: ▸[d1] }', { services: '  - { vip: 192.0.2.100, directors: [d1] }' }),
      [
        'cluster "ha" has one director, and nobody to take over from it',
        'name two or more, such as `directors: [director1, director2]`',
      ],
    );
    expectProblems(
      file('  a: { directors: [d1, d2] }\n  b: { directors: [▸d1, ▸d2] }'),
      [
        'director "d1" is in two clusters: this one and "a" on line 13',
        'a director stands in for those of one cluster: leave it out of one of them',
      ],
      ['director "d2" is in two clusters: this one and "a" on line 13'],
    );
  });

  it('are on one network, and it holds the VIPs', () => {
    expectProblems(
      file('  ha: { directors: ▸[d1, d2] }', {
        nodes:
          '  client: { on: lan }\n  d1: { role: director, on: lan }\n  d2: { role: director, on: back }\n  rs1: { on: [lan, back] }',
        networks: TWO_NETWORKS,
      }),
      [
        'the directors of cluster "ha" share no network',
        'an address can move only between machines on one segment: put all of them on the VIP’s network',
      ],
    );
    expectProblems(file('  ha: { directors: [d1, d2], vrrp: {} }', { services: '  - vip: ▸198.51.100.1' }), [
      'VIP "198.51.100.1" lies in no network, and a cluster can move an address only on a network that all its directors are on',
      'take one of lan',
    ]);
    expectProblems(
      file('  ha: { directors: [d1, d2], vrrp: {} }', {
        nodes: ON_TWO,
        networks: TWO_NETWORKS,
        services: '  - vip: ▸10.0.0.100',
      }),
      [
        'VIP "10.0.0.100" lies in network "back", and a cluster can move an address only on a network that all its directors are on',
      ],
    );
  });

  it('carry the same services, and nobody else does', () => {
    expectProblems(
      file('  ha: { directors: [d1, d2] }', { services: '  - { vip: 192.0.2.100, directors: ▸[d1] }' }),
      [
        'director "d2" does not carry this service, which others of its cluster "ha" do',
        'name all of them: `directors: [d1, d2]`',
      ],
    );
    expectProblems(
      file('  ha: { directors: [d1, d2] }', { nodes: FOUR, services: '  - ▸vip: 192.0.2.100' }),
      [
        'director "d3" carries this service and is not of cluster "ha", whose VIP it would have as well',
        'name those of one cluster: `directors: [d1, d2]`',
      ],
    );
    expectProblems(
      file('  ▸ha: { directors: [d1, d2] }', {
        nodes: FOUR,
        services: '  - { vip: 192.0.2.100, directors: [d3] }',
      }),
      ['cluster "ha" carries no service: nothing is there to be taken over'],
    );
  });
});

describe('VRRP and sync', () => {
  it('two masters with one sync id are refused, in one cluster and in two', () => {
    expectProblems(file('  ha: { directors: [d1, d2], sync: { id: 7, master: [d1, ▸d2] } }'), [
      'two masters with one sync id 7: "d1" and "d2"',
      'the one that has the VIPs tells the others: name it alone, or leave `master` out',
    ]);
    expectProblems(
      file('  a: { directors: [d1, d2], sync: { id: 7 } }\n  b: { directors: [d3, d4], sync: { id: ▸7 } }', {
        nodes: FOUR,
        services: TWO_SERVICES,
      }),
      [
        'two masters with one sync id 7 on network "lan": the other cluster is on line 16',
        'the others would hear both: give one of the clusters another `id`',
      ],
    );
    expectProblems(file('  ha: { directors: [d1, d2], sync: { master: ▸d2 } }'), [
      'master "d2" has no connections to tell of: the VIPs are at director "d1", the first of cluster "ha"',
      'name "d2" first in `directors`, or leave `master` out',
    ]);
  });

  it('one VRRP id is of one cluster on a network', () => {
    expectProblems(
      file('  a: { directors: [d1, d2], vrrp: {} }\n  b: { directors: [d3, d4], vrrp: ▸{} }', {
        nodes: FOUR,
        services: TWO_SERVICES,
      }),
      [
        'two clusters speak VRRP with id 51 on network "lan": the other is on line 16',
        'they would take each other for one of their own: give one of them another `id`',
      ],
    );
  });

  it.each(['10ms', '41s', '1', 'soon'])('an interval of %s is none', (interval) => {
    expectProblems(file(`  ha: { directors: [d1, d2], vrrp: { interval: ▸"${interval}" } }`), [
      `interval "${interval}" is not a time from 100ms to 40s`,
      'write it with its unit: 1s, 500ms',
    ]);
  });

  it('an interval is in hundredths of a second, and ids are bytes', () => {
    expectProblems(file('  ha: { directors: [d1, d2], vrrp: { interval: ▸255ms } }'), [
      'interval "255ms" is not in whole hundredths of a second',
    ]);
    expectProblems(
      file('  ha: { directors: [d1, d2], vrrp: { id: ▸256 }, sync: { id: ▸0 } }'),
      ['id 256 is not between 1 and 255'],
      ['id 0 is not between 1 and 255'],
    );
  });

  it('are spoken where all directors are, in the addresses’ family', () => {
    const two = { nodes: ON_TWO, networks: TWO_NETWORKS };
    expectProblems(
      file('  ha: { directors: [d1, d2], vrrp: { on: ▸back }, sync: { on: ▸back } }', two),
      ['the directors of cluster "ha" are not all on network "back"', 'those that they share: lan'],
      ['the directors of cluster "ha" are not all on network "back"', 'those that they share: lan'],
    );
    expectProblems(file('  ha: { directors: [d1, d2], vrrp: { on: ▸lam } }'), [
      'unknown network "lam"',
      'did you mean "lan"? one of: lan',
    ]);
    const six = {
      networks: '  lan: 2001:db8:1::/64\n  wire: 10.0.0.0/24',
      nodes: NODES.replaceAll('director, on: lan', 'director, on: [lan, wire]'),
      services: '  - vip: 2001:db8:1::100',
    };
    expectProblems(file('  ha: { directors: [d1, d2], vrrp: { on: ▸wire } }', six), [
      'network "wire" has no IPv6 subnet, and VRRP moves 2001:db8:1::100 by its own protocol alone',
    ]);
    expectProblems(file('  ha: { directors: [d1, d2], sync: ▸{} }', six), [
      'network "lan" has no IPv4 subnet, and the sync daemon tells 224.0.0.81',
    ]);
  });
});

describe('the gateway of a cluster in mode nat', () => {
  const nat = {
    mode: 'nat',
    networks: TWO_NETWORKS,
    nodes: `  client: { on: lan }
  d1: { role: director, on: [lan, back] }
  d2: { role: director, on: [lan, back] }
  rs1: { on: { back: 10.0.0.11 } }`,
  };
  it('is needed', () => {
    expectProblems(file('  ▸ha: { directors: [d1, d2], vrrp: {} }', nat), [
      'cluster "ha" carries a service in mode nat (line 12) and has no gateway: the real servers’ replies would go on to a director that has failed',
      'add an address of their network that moves with the VIP, such as `gateway: 10.0.0.253`',
    ]);
  });

  it.each([
    ['10.0.0.300', 'gateway "10.0.0.300" is not an IPv4 address'],
    ['10.0.0.11', 'gateway "10.0.0.11" is an address of node "rs1" (line 10)'],
    ['192.0.2.100', 'gateway "192.0.2.100" is the VIP of a service (line 12), which moves by itself'],
    [
      '10.9.0.1',
      'gateway "10.9.0.1" lies in no network, which is none that all directors of cluster "ha" are on',
    ],
    ['10.0.0.255', 'gateway "10.0.0.255" is the broadcast address of network "back"'],
  ])('cannot be %s', (gateway, why) => {
    expectProblems(file(`  ha: { directors: [d1, d2], gateway: ▸${gateway} }`, nat), [why]);
  });

  it('is no node’s automatic address', () => {
    const text = file('  ha: { directors: [d1, d2], gateway: 10.0.0.1 }', nat);
    expect(parseTopology(text, 'lab.yaml', 'lab').clusters[0]?.gateways).toEqual(['10.0.0.1']);
  });
});

describe('what is no cluster at all', () => {
  it('is said as of any other part of the file', () => {
    expectProblems(file('  ha: { directors: [d1, d2], ▸vrp: {} }'), [
      'unknown key "vrp" in cluster "ha"',
      'did you mean "vrrp"? one of: directors, vrrp, sync, gateway',
    ]);
    expectProblems(file('  ha: { directors: [d1, d2], vrrp: { ▸advert: 1s } }'), [
      'unknown key "advert" in vrrp',
      'one of: interval, id, on',
    ]);
    expectProblems(file('  ▸ha: { vrrp: {} }'), [
      'cluster "ha" has no `directors`',
      'write a list, such as `[director]`',
    ]);
    expectProblems(file('  ha: ▸yes'), ['cluster "ha" is text, not a mapping']);
  });
});
