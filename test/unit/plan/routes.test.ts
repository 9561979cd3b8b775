import { describe, expect, it } from 'vitest';
import { commandsWith, nodeOf, planOf, routesOf, shipped } from './labs.ts';

const CHAIN = `
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24, d: 10.4.0.0/24 }
nodes:
  client: { on: a }
  router1: { on: [a, b] }
  router2: { on: [b, c] }
  director: { on: [c, d] }
  rs1: { on: d }
services: [{ vip: 10.3.0.100 }]`;

describe('over two routers', () => {
  const plan = planOf(CHAIN);

  it('leads each node by its nearest router', () => {
    expect(routesOf(plan, 'client')).toEqual(['default via 10.1.0.254']);
    expect(routesOf(plan, 'director')).toEqual(['default via 10.3.0.254']);
  });

  it('gives routers a route to each network, and never a default of their own accord', () => {
    expect(routesOf(plan, 'router1')).toEqual(['10.3.0.0/24 via 10.2.0.253']);
    expect(routesOf(plan, 'router2')).toEqual(['10.1.0.0/24 via 10.2.0.254']);
  });

  it('sends the real server home by the director', () => {
    expect(routesOf(plan, 'rs1')).toEqual(['default via 10.4.0.1']);
  });

  it('leads every router on the way to a VIP outside every network', () => {
    const away = planOf(CHAIN.replace('10.3.0.100', '198.51.100.7'));
    expect(routesOf(away, 'client')).toEqual(['default via 10.1.0.254']);
    expect(routesOf(away, 'router1')).toEqual([
      '10.3.0.0/24 via 10.2.0.253',
      '198.51.100.7/32 via 10.2.0.253',
    ]);
    expect(routesOf(away, 'router2')).toEqual(['10.1.0.0/24 via 10.2.0.254', '198.51.100.7/32 via 10.3.0.1']);
  });

  it('takes the way with fewer routers, and the first in the file among equals', () => {
    const plan = planOf(`
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }
nodes:
  client: { on: a }
  router1: { on: [a, b] }
  router2: { on: [b, c] }
  router3: { on: [a, c] }
  router4: { on: [a, c] }
  rs1: { on: c }`);
    expect(routesOf(plan, 'client')).toEqual(['10.2.0.0/24 via 10.1.0.254', '10.3.0.0/24 via 10.1.0.253']);
  });
});

it('nothing is led through a node that is no router, though it stands on both networks', () => {
  const plan = planOf(`
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }
nodes:
  client: { on: a }
  director: { on: [a, b] }
  router: { on: [b, c] }
  rs1: { on: c }
services: [{ vip: 10.1.0.100 }]`);
  expect(routesOf(plan, 'client')).toEqual([]);
  expect(routesOf(plan, 'rs1')).toEqual(['default via 10.3.0.254']);
});

describe('a client that is not on the network in which the VIP lies', () => {
  const NETWORKS = 'networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }';

  it('comes to it by the director that it stands beside', () => {
    const plan = planOf(`
${NETWORKS}
nodes:
  client1: { on: a }
  client2: { on: [b, c], gateway: 10.3.0.7 }
  director: { on: [a, b] }
  rs1: { on: b }
services: [{ vip: 10.1.0.100 }]`);
    expect(routesOf(plan, 'client1')).toEqual([]);
    expect(routesOf(plan, 'client2')).toEqual(['10.1.0.100/32 via 10.2.0.1', 'default via 10.3.0.7']);
  });

  it('and each router on the way, where the VIP lies in a network behind the director', () => {
    const plan = planOf(`
${NETWORKS}
nodes:
  client: { on: a }
  router: { on: [a, b] }
  director: { on: [b, c] }
  rs1: { on: c }
services: [{ vip: 10.3.0.100 }]`);
    expect(routesOf(plan, 'client')).toEqual(['default via 10.1.0.254']);
    expect(routesOf(plan, 'router')).toEqual(['10.3.0.100/32 via 10.2.0.1']);
  });

  it('and those who are on it, where no director is', () => {
    const plan = planOf(`
${NETWORKS}
nodes:
  client: { on: a }
  router: { on: [a, b] }
  director: { on: [b, c] }
  rs1: { on: c }
services: [{ vip: 10.1.0.100 }]`);
    expect(routesOf(plan, 'client')).toContain('10.1.0.100/32 via 10.1.0.254');
    expect(routesOf(plan, 'router')).toEqual(['10.1.0.100/32 via 10.2.0.1']);
  });

  it('takes the route to the network where a router leads to it', () => {
    const plan = planOf(`
${NETWORKS}
nodes:
  client: { on: b }
  router: { on: [a, b] }
  director: { on: [a, b, c] }
  rs1: { on: c }
services: [{ vip: 10.1.0.100 }]`);
    expect(routesOf(plan, 'client')).toEqual(['default via 10.2.0.254']);
  });
});

describe('a NAT real server on the network of a client', () => {
  const lab = (server: string, more = '') =>
    planOf(`
networks: { lan: 10.1.0.0/24, out: 10.2.0.0/24 }
nodes:
  client: { on: lan, count: 2 }
  director: { on: lan }
  router: { on: [lan, out] }
  rs1: { on: lan${server} }
${more}services: [{ vip: 10.1.0.100 }]`);

  it('answers it by the director, which keeps the shorter way to itself', () => {
    const routes = ['10.1.0.101/32 via 10.1.0.1', '10.1.0.102/32 via 10.1.0.1', 'default via 10.1.0.1'];
    expect(routesOf(lab(''), 'rs1')).toEqual(routes);
    expect(routesOf(lab(', gateway: director'), 'rs1')).toEqual(routes);
    expect(commandsWith(lab(''), 'director', 'sysctl')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=1',
      'sysctl -qw net.ipv4.conf.all.send_redirects=0',
      'sysctl -qw net.ipv4.conf.eth0.send_redirects=0',
    ]);
  });

  it('has no such route where the file says otherwise', () => {
    expect(routesOf(lab(', gateway: none'), 'rs1')).toEqual([]);
    expect(routesOf(lab(', gateway: router'), 'rs1')).toEqual(['default via 10.1.0.254']);
    expect(routesOf(lab(', routes: [{ to: 10.1.0.101, via: router }]'), 'rs1')).toEqual([
      '10.1.0.101/32 via 10.1.0.254',
      '10.1.0.102/32 via 10.1.0.1',
      'default via 10.1.0.1',
    ]);
  });

  it('is not told of the shorter way in IPv6, where a router cannot be kept from it', () => {
    const plan = planOf(`
networks: { lan: 2001:db8:1::/64 }
nodes: { client: { on: lan }, director: { on: lan }, rs1: { on: lan } }
services: [{ vip: 2001:db8:1::100 }]`);
    expect(commandsWith(plan, 'rs1', 'sysctl')).toContain('sysctl -qw net.ipv6.conf.eth0.accept_redirects=0');
    expect(routesOf(plan, 'rs1')).toEqual([
      '2001:db8:1::101/128 via 2001:db8:1::1',
      'default via 2001:db8:1::1',
    ]);
  });
});

const SPREAD = (client: string) => `
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24 }
nodes:
  client: { on: a, ${client} }
  router: { on: [a, b] }
  rs1: { on: b }`;

it('a NAT real server sends what the director must rewrite through it, though a router is nearer to the client', () => {
  const oneArm = (server: string) =>
    planOf(`
networks: { lan: 10.1.0.0/24, out: 10.2.0.0/24 }
nodes:
  router: { on: [lan, out] }
  director: { on: lan }
  rs1: { on: lan${server} }
  client: { on: out }
services: [{ vip: 10.1.0.100 }]`);
  expect(routesOf(oneArm(''), 'rs1')).toEqual(['default via 10.1.0.1']);
  expect(routesOf(oneArm(', gateway: director'), 'rs1')).toEqual(['default via 10.1.0.1']);
  // Replies go out where they came in: of the shorter way the real servers must not be told.
  expect(commandsWith(oneArm(''), 'director', 'sysctl')).toContain(
    'sysctl -qw net.ipv4.conf.eth0.send_redirects=0',
  );
});

describe('a gateway in the file', () => {
  it('by name is the address on the shared network', () => {
    expect(routesOf(planOf(SPREAD('gateway: router')), 'client')).toEqual(['default via 10.1.0.254']);
  });

  it('by address is that address; what lies behind routers keeps its own route', () => {
    expect(routesOf(planOf(SPREAD('gateway: 10.1.0.9')), 'client')).toEqual([
      '10.2.0.0/24 via 10.1.0.254',
      'default via 10.1.0.9',
    ]);
  });

  it('is not gone round by a route to what it leads to itself', () => {
    const twoWays = (nodes: string) =>
      planOf(`
mode: dr
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }
nodes:
  client: { on: a }
  router1: { on: [a, b] }
  router2: { on: [a, b, c] }
  director: { on: [b, c] }
${nodes}
services: [{ vip: 10.2.0.100 }]`);
    expect(routesOf(twoWays('  rs1: { on: b }'), 'rs1')).toEqual([
      '10.1.0.0/24 via 10.2.0.254',
      '10.3.0.0/24 via 10.2.0.253',
    ]);
    for (const gateway of ['router2', '10.2.0.253'])
      expect(routesOf(twoWays(`  rs1: { on: b, gateway: ${gateway} }`), 'rs1')).toEqual([
        'default via 10.2.0.253',
      ]);
    expect(routesOf(twoWays('  rs1: { on: b, gateway: director }'), 'rs1')).toEqual(['default via 10.2.0.1']);
    // Its own way to the rest leads back here, and so it is no way.
    const chain = planOf(`
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }
nodes:
  client: { on: a }
  router1: { on: [a, b], gateway: router2 }
  router2: { on: [b, c], gateway: director }
  director: { on: c }
  rs1: { on: c }
services: [{ vip: 10.3.0.100 }]`);
    expect(routesOf(chain, 'router1')).toEqual(['default via 10.2.0.253']);
    expect(routesOf(chain, 'router2')).toEqual(['10.1.0.0/24 via 10.2.0.254', 'default via 10.3.0.1']);
  });

  it('of none leaves the node without any route that was not written', () => {
    expect(routesOf(planOf(SPREAD('gateway: none')), 'client')).toEqual([]);
    expect(
      routesOf(planOf(SPREAD('gateway: none, routes: [{ to: 10.2.0.11, via: router }]')), 'client'),
    ).toEqual(['10.2.0.11/32 via 10.1.0.254']);
  });

  it('wins over what the method wants', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  director: { on: [front, back] }
  router: { on: [front, back] }
  rs1: { on: back, gateway: router }
  rs2: { on: back, gateway: none }
  rs3: { on: back }
services: [{ vip: 203.0.113.100 }]`);
    expect(routesOf(plan, 'rs1')).toEqual(['default via 10.0.0.254']);
    expect(routesOf(plan, 'rs2')).toEqual([]);
    expect(routesOf(plan, 'rs3')).toEqual(['default via 10.0.0.1']);
  });

  it('serves a real server behind a router, which leads on to the director', () => {
    expect(routesOf(shipped('full'), 'far1')).toEqual(['default via 10.1.0.254']);
    expect(routesOf(shipped('full'), 'router')).toEqual(['default via 10.0.0.1']);
  });
});

describe('static routes', () => {
  it('come first, by name or address, and take the place of what would follow', () => {
    const plan = planOf(
      SPREAD(
        'gateway: 10.1.0.9, routes: [{ to: 10.2.0.0/24, via: 10.1.0.77 }, { to: 192.0.2.1, via: router }]',
      ),
    );
    expect(routesOf(plan, 'client')).toEqual([
      '10.2.0.0/24 via 10.1.0.77',
      '192.0.2.1/32 via 10.1.0.254',
      'default via 10.1.0.9',
    ]);
  });
});

describe('the hosts file', () => {
  it('names each node by the address on the network that both share, else by its first', () => {
    const plan = shipped('nat');
    const seen = (node: string) =>
      nodeOf(plan, node)
        .hosts.map(({ address, name }) => `${address} ${name}`)
        .join('\n');
    expect(seen('client')).toBe(
      '203.0.113.101 client\n203.0.113.1 director\n10.0.0.11 rs1\n10.0.0.12 rs2\n203.0.113.100 vip',
    );
    expect(seen('rs1')).toBe(
      '203.0.113.101 client\n10.0.0.1 director\n10.0.0.11 rs1\n10.0.0.12 rs2\n203.0.113.100 vip',
    );
  });

  it('numbers the VIPs after the first', () => {
    expect(nodeOf(shipped('full'), 'client').hosts.slice(-2)).toEqual([
      { address: '198.51.100.7', name: 'vip' },
      { address: '198.51.100.8', name: 'vip2' },
    ]);
  });
});
