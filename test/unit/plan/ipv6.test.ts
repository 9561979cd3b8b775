import { describe, expect, it } from 'vitest';
import { clientsOf } from '../../../src/plan/clients.ts';
import { planScript } from '../../../src/plan/script.ts';
import { commandsOf, commandsWith, nodeOf, planOf, routesOf, shipped } from './labs.ts';

const addressesOf = (name: string, node: string) =>
  nodeOf(shipped(name), node).interfaces.flatMap((i) => i.addresses.map((a) => `${a.address}/${a.prefix}`));

describe('IPv6 on a node', () => {
  it('comes before the links, without duplicate address detection and router advertisements', () => {
    expect(commandsOf(shipped('nat6'), 'director')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'sysctl -qw net.ipv6.conf.all.forwarding=1',
      'sysctl -qw net.ipv6.conf.all.disable_ipv6=0',
      'sysctl -qw net.ipv6.conf.eth0.accept_dad=0',
      'sysctl -qw net.ipv6.conf.eth0.accept_ra=0',
      'sysctl -qw net.ipv6.conf.eth1.accept_dad=0',
      'sysctl -qw net.ipv6.conf.eth1.accept_ra=0',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip link set eth1 up',
      'ip addr replace 2001:db8:1::1/64 dev eth0',
      'ip addr replace 2001:db8:2::1/64 dev eth1',
      // The kernel could otherwise take the VIP as the source of what the director itself sends.
      'ip addr replace 2001:db8:1::100/128 dev eth0 preferred_lft 0',
      "ipvsadm -A -t '[2001:db8:1::100]:80' -s rr",
      "ipvsadm -a -t '[2001:db8:1::100]:80' -r '[2001:db8:2::11]:80' -m -w 1",
      "ipvsadm -a -t '[2001:db8:1::100]:80' -r '[2001:db8:2::12]:80' -m -w 1",
    ]);
  });

  it('is left alone where the node has no IPv6 address', () => {
    expect(planScript(shipped('nat'))).not.toMatch(/ipv6|::/);
    expect(planScript(shipped('full'))).not.toMatch(/ipv6|\[::\]/);
  });

  it('forwards only where something passes the node, in each family by itself', () => {
    const forwarding = (name: string, node: string) =>
      commandsOf(shipped(name), node)
        .filter((c) => /forward/.test(c))
        .map((c) => c.replace(/.*(ip.*)/, '$1'));
    expect(forwarding('dr6', 'director')).toEqual(['ip_forward=0', 'ipv6.conf.all.forwarding=0']);
    expect(forwarding('tun6', 'router')).toEqual(['ip_forward=1', 'ipv6.conf.all.forwarding=1']);
    const dual = planOf(`
networks: { front: [203.0.113.0/24, 2001:db8:1::/64], back: [10.0.0.0/24, 2001:db8:2::/64] }
nodes: { client: { on: front }, director: { on: [front, back] }, rs1: { on: back } }
services: [{ vip: 203.0.113.100, mode: dr }, { vip: 2001:db8:1::100 }]`);
    expect(commandsWith(dual, 'director', 'sysctl').slice(0, 2)).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'sysctl -qw net.ipv6.conf.all.forwarding=1',
    ]);
  });

  it('has a web server that listens in both families', () => {
    expect(planScript(shipped('dual')).match(/listen .*;/g)).toEqual(
      expect.arrayContaining(['listen 80;', 'listen [::]:80;']),
    );
  });
});

describe('addresses', () => {
  it('tell the role by the same digits in both families', () => {
    expect(addressesOf('tun-mixed', 'client')).toEqual(['203.0.113.101/24', '2001:db8:1::101/64']);
    expect(addressesOf('tun-mixed', 'director')).toEqual(['203.0.113.1/24', '2001:db8:1::1/64']);
    expect(addressesOf('tun-mixed', 'rs2')).toEqual(['198.51.100.12/24', '2001:db8:2::12/64']);
    expect(addressesOf('tun-mixed', 'router')).toEqual([
      '203.0.113.254/24',
      '2001:db8:1::254/64',
      '198.51.100.254/24',
      '2001:db8:2::254/64',
    ]);
  });

  it('step over fixed ones and VIPs, fill in the family that is not fixed, and fit into a small subnet', () => {
    const plan = planOf(`
networks: { lan: [192.0.2.0/24, 2001:db8::/125] }
nodes:
  client: { on: { lan: 2001:DB8:0::0001 } }
  director: { on: { lan: [192.0.2.9, 192.0.2.10] } }
  router: { on: lan }
  rs1: { on: lan }
services: [{ vip: 2001:db8::2, mode: dr }]`);
    const all = plan.nodes.map((n) =>
      n.interfaces.flatMap((i) => i.addresses.map((a) => a.address)).join(' '),
    );
    expect(all).toEqual([
      '192.0.2.101 2001:db8::1',
      '192.0.2.9 192.0.2.10 2001:db8::3',
      '192.0.2.254 2001:db8::7',
      '192.0.2.11 2001:db8::4',
    ]);
  });

  it('are in /etc/hosts in each family', () => {
    expect(nodeOf(shipped('dual'), 'client').hosts).toEqual([
      { address: '192.0.2.101', name: 'client' },
      { address: '2001:db8:1::101', name: 'client' },
      { address: '192.0.2.1', name: 'director' },
      { address: '2001:db8:1::1', name: 'director' },
      { address: '192.0.2.11', name: 'rs1' },
      { address: '2001:db8:1::11', name: 'rs1' },
      { address: '192.0.2.12', name: 'rs2' },
      { address: '2001:db8:1::12', name: 'rs2' },
      { address: '192.0.2.100', name: 'vip' },
      { address: '2001:db8:1::100', name: 'vip2' },
    ]);
  });

  it('of real servers are of the family of the VIP, and of the network that a tunnel is to take', () => {
    const servers = (name: string) => shipped(name).services.map((s) => s.servers.map((r) => r.address));
    expect(servers('dual')).toEqual([
      ['192.0.2.11', '192.0.2.12'],
      ['2001:db8:1::11', '2001:db8:1::12'],
    ]);
    expect(servers('tun-mixed')).toEqual([
      ['198.51.100.11', '198.51.100.12'],
      ['2001:db8:2::11', '2001:db8:2::12'],
    ]);
  });
});

describe('routes', () => {
  it('lead through each family by itself', () => {
    expect(routesOf(shipped('tun-mixed'), 'client')).toEqual([
      'default via 203.0.113.254',
      'default via 2001:db8:1::254',
    ]);
    expect(routesOf(shipped('nat6'), 'rs1')).toEqual(['default via 2001:db8:2::1']);
  });

  it('announce what fits through the tunnel, in the family of its clients', () => {
    expect(routesOf(shipped('tun6'), 'rs1')).toEqual([
      '2001:db8:2::/64 dev eth0 src 2001:db8:2::11 metric 256 advmss 1400',
      'default via 2001:db8:2::254 advmss 1400',
    ]);
    // An IPv4 header around IPv6: 1500 - 20 - 60. An IPv6 header around IPv4: 1500 - 40 - 40.
    expect(routesOf(shipped('tun-mixed'), 'rs1')).toEqual([
      '2001:db8:2::/64 dev eth1 src 2001:db8:2::11 metric 256 advmss 1420',
      '198.51.100.0/24 dev eth0 src 198.51.100.11 advmss 1420',
      'default via 198.51.100.254 advmss 1420',
      'default via 2001:db8:2::254 advmss 1420',
    ]);
  });

  it('state themselves as the file does, and go by a named gateway in each family that it has', () => {
    const plan = planOf(`
networks: { lan: [192.0.2.0/24, 2001:db8:1::/64], far: [10.0.0.0/24, 2001:db8:2::/64] }
nodes:
  client: { on: lan, gateway: r1, routes: [{ to: 2001:db8:9::/48, via: r2 }, { to: 2001:db8:8::8, via: 2001:db8:1::7 }] }
  r1: { on: [lan, far], role: router }
  r2: { on: [lan, far], role: router }
  client2: { on: lan, gateway: 2001:db8:1::7 }
  client3: { on: lan, gateway: none }
services: []`);
    expect(routesOf(plan, 'client')).toEqual([
      'default via 192.0.2.254',
      '2001:db8:9::/48 via 2001:db8:1::253',
      '2001:db8:8::8/128 via 2001:db8:1::7',
      'default via 2001:db8:1::254',
    ]);
    expect(routesOf(plan, 'client2')).toEqual([
      'default via 192.0.2.254',
      '2001:db8:2::/64 via 2001:db8:1::254',
      'default via 2001:db8:1::7',
    ]);
    expect(routesOf(plan, 'client3')).toEqual([]);
  });

  it('lead to a VIP that lies in no network by the director', () => {
    const plan = planOf(`
networks: { front: 2001:db8:1::/64, back: 2001:db8:2::/64 }
nodes: { client: { on: front }, router: { on: front }, director: { on: [front, back] }, rs1: { on: back } }
services: [{ vip: 2001:db8:f::1 }]`);
    expect(routesOf(plan, 'client')).toEqual(['default via 2001:db8:1::1']);
    expect(routesOf(plan, 'router')).toEqual(['2001:db8:f::1/128 via 2001:db8:1::1']);
    expect(commandsOf(plan, 'director')).toContain(
      'ip addr replace 2001:db8:f::1/128 dev lo preferred_lft 0',
    );
  });
});

describe('real servers', () => {
  it('of DR have the VIP on lo, and no sysctl for it', () => {
    expect(commandsOf(shipped('dr6'), 'rs1').filter((c) => /arp|VIP|::100/.test(c))).toEqual([
      'ip addr replace 2001:db8:1::100/128 dev lo',
    ]);
  });

  const tunnel = (vip: string, network: string, type: string) =>
    planOf(`
mode: tun
networks: { four: 192.0.2.0/24, six: 2001:db8:1::/64 }
nodes: { client: { on: [four, six] }, director: { on: [four, six] }, rs1: { on: [four, six] } }
services: [{ vip: "${vip}", tunnel: ${type}, servers: [{ node: rs1, network: ${network} }] }]`);

  it.each([
    ['192.0.2.100', 'four', 'ipip', 'tunl0 type ipip', ['ipip'], 1440],
    ['2001:db8:1::100', 'four', 'ipip', 'sit0 type sit', ['sit'], 1420],
    ['192.0.2.100', 'six', 'ipip', 'ip6tnl0 type ip6tnl', ['ip6_tunnel'], 1420],
    ['2001:db8:1::100', 'six', 'ipip', 'ip6tnl0 type ip6tnl', ['ip6_tunnel'], 1400],
    ['192.0.2.100', 'four', 'gre', 'gre0 type gre', ['ip_gre'], 1436],
    ['2001:db8:1::100', 'four', 'gre', 'gre0 type gre', ['ip_gre'], 1416],
    ['192.0.2.100', 'six', 'gre', 'ip6gre0 type ip6gre', ['ip6_gre'], 1416],
    ['2001:db8:1::100', 'six', 'gre', 'ip6gre0 type ip6gre', ['ip6_gre'], 1396],
    ['192.0.2.100', 'four', 'gue', 'tunl0 type ipip', ['ipip', 'fou'], 1428],
    ['2001:db8:1::100', 'four', 'gue', 'sit0 type sit', ['sit', 'fou'], 1408],
    ['192.0.2.100', 'six', 'gue', 'ip6tnl0 type ip6tnl', ['ip6_tunnel', 'fou', 'fou6'], 1408],
    ['2001:db8:1::100', 'six', 'gue', 'ip6tnl0 type ip6tnl', ['ip6_tunnel', 'fou', 'fou6'], 1388],
  ])('of TUN: %s by network %s in %s takes it off with %s', (vip, network, type, device, modules, advmss) => {
    const plan = tunnel(vip, network, type);
    const commands = commandsOf(plan, 'rs1');
    expect(commands.find((c) => c.includes('ip link add'))).toContain(`ip link add ${device}`);
    expect(plan.modules).toEqual(['ip_vs', 'ip_vs_rr', ...modules]);
    const fou = commands.filter((c) => c.includes('fou add'));
    expect(fou.map((c) => c.includes('ip -6 fou add port 5555 gue'))).toEqual(
      type === 'gue' ? [network === 'six'] : [],
    );
    const six = vip.includes(':');
    // Reverse path filters are IPv4's, by the packet inside.
    expect(commands.some((c) => c.includes('rp_filter'))).toBe(!six);
    expect(commands).toContain(
      six
        ? `ip addr replace ${vip}/128 dev lo`
        : `ip addr replace ${vip}/32 dev ${device.split(' ')[0] ?? ''}`,
    );
    expect(routesOf(plan, 'rs1').join()).toContain(`advmss ${advmss}`);
  });
});

it('only clients with an address of the family of the VIP ask', () => {
  const plan = planOf(`
networks: { both: [192.0.2.0/24, 2001:db8:1::/64], four: 198.51.100.0/24 }
nodes: { client1: { on: four }, client2: { on: both }, director: { on: [both, four] }, rs1: { on: both } }
services: [{ vip: 192.0.2.100 }, { vip: 2001:db8:1::100 }]`);
  const names = plan.services.map((service) => clientsOf(plan, service).map((n) => n.name));
  expect(names).toEqual([['client1', 'client2'], ['client2']]);
});
