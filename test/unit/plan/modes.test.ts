import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import { segmentSize } from '../../../src/plan/modes/tun.ts';
import { commandsOf, commandsWith, nodeOf, planOf, routesOf, shipped } from './labs.ts';

describe('NAT', () => {
  it('is the whole of these commands', () => {
    const plan = shipped('nat');
    expect(commandsOf(plan, 'director')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=1',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip link set eth1 up',
      'ip addr replace 203.0.113.1/24 dev eth0',
      'ip addr replace 10.0.0.1/24 dev eth1',
      'ip addr replace 203.0.113.100/32 dev eth0',
      'ipvsadm -A -t 203.0.113.100:80 -s rr',
      'ipvsadm -a -t 203.0.113.100:80 -r 10.0.0.11:80 -m -w 1',
      'ipvsadm -a -t 203.0.113.100:80 -r 10.0.0.12:80 -m -w 1',
    ]);
    expect(commandsOf(plan, 'rs1')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip addr replace 10.0.0.11/24 dev eth0',
      'ip route replace default via 10.0.0.1',
    ]);
    expect(routesOf(plan, 'client')).toEqual([]);
  });

  it('gives real servers nothing of the VIP, and no ARP settings', () => {
    const text = commandsOf(shipped('nat'), 'rs1').join('\n');
    expect(text).not.toContain('203.0.113.100');
    expect(text).not.toContain('arp_');
  });

  it('sends a real server on two networks home by the network that IPVS uses', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, one: 10.0.0.0/24, two: 10.1.0.0/24 }
nodes:
  client: { on: front }
  director: { on: [front, one, two] }
  rs1: { on: [one, two] }
services: [{ vip: 203.0.113.100, servers: [{ node: rs1, network: two }] }]`);
    expect(plan.services[0]?.servers[0]?.address).toBe('10.1.0.11');
    expect(routesOf(plan, 'rs1')).toContain('default via 10.1.0.1');
  });

  it('maps ports, and has the web server listen on each once', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes: { client: { on: front }, director: { on: [front, back] }, rs1: { on: back } }
services:
  - { vip: 203.0.113.100, servers: [{ node: rs1, port: 8080 }] }
  - { vip: 203.0.113.100, port: 81, servers: [{ node: rs1, port: 8080 }, { node: rs1, port: 800 }] }`);
    expect(commandsWith(plan, 'director', 'ipvsadm -a')).toEqual([
      'ipvsadm -a -t 203.0.113.100:80 -r 10.0.0.11:8080 -m -w 1',
      'ipvsadm -a -t 203.0.113.100:81 -r 10.0.0.11:8080 -m -w 1',
      'ipvsadm -a -t 203.0.113.100:81 -r 10.0.0.11:800 -m -w 1',
    ]);
    const config = nodeOf(plan, 'rs1').steps.find((s) => s.kind === 'file')?.content ?? '';
    expect(config.match(/listen .*;/g)).toEqual(['listen 800;', 'listen 8080;']);
    expect(config).toContain('add_header X-Real-Server rs1 always;');
  });
});

describe('DR', () => {
  it('is the whole of these commands', () => {
    const plan = shipped('dr');
    expect(commandsOf(plan, 'director')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip addr replace 192.0.2.1/24 dev eth0',
      'ip addr replace 192.0.2.100/32 dev eth0',
      'ipvsadm -A -t 192.0.2.100:80 -s rr',
      'ipvsadm -a -t 192.0.2.100:80 -r 192.0.2.11:80 -g -w 1',
      'ipvsadm -a -t 192.0.2.100:80 -r 192.0.2.12:80 -g -w 1',
    ]);
    // The ARP settings come before the address: set after it, a neighbour can have learnt the wrong MAC.
    expect(commandsOf(plan, 'rs1')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip addr replace 192.0.2.11/24 dev eth0',
      'sysctl -qw net.ipv4.conf.all.arp_ignore=1',
      'sysctl -qw net.ipv4.conf.all.arp_announce=2',
      'ip addr replace 192.0.2.100/32 dev lo',
    ]);
  });

  it('has replies leave by the router, not by the director, where the client is elsewhere', () => {
    const plan = shipped('dr-router');
    expect(routesOf(plan, 'rs1')).toEqual(['default via 192.0.2.254']);
    expect(routesOf(plan, 'client')).toEqual(['default via 203.0.113.254']);
    expect(routesOf(plan, 'director')).toEqual(['default via 192.0.2.254']);
    expect(routesOf(plan, 'router')).toEqual([]);
  });
});

describe('DR and TUN with the director as the real servers’ gateway', () => {
  const CASE = new URL('../../fixtures/cases/c07-dr-director-gateway.yaml', import.meta.url);
  const settings = (plan: Plan, node: string) =>
    commandsWith(plan, node, 'sysctl').map((text) => text.replace('sysctl -qw ', ''));
  const NEEDED = [
    'net.ipv4.ip_forward=1',
    'net.ipv4.conf.eth1.accept_local=1',
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.eth1.rp_filter=0',
  ];
  const lab = (more = '', servers = 'gateway: director', mode = 'dr') =>
    planOf(`
mode: ${mode}
networks: { dmz: 172.16.10.0/24, lbn: 172.28.10.0/24 }
nodes:
  client: { on: dmz }
  director: { on: [dmz, lbn]${more} }
  rs: { on: lbn, count: 2, ${servers} }
services: [{ vip: 172.16.10.30 }]`);

  it('sets what the director needs for it, whether the file states that or not', () => {
    expect(settings(planOf(readFileSync(CASE, 'utf8')), 'director').sort()).toEqual(NEEDED.toSorted());
    expect(settings(lab(), 'director')).toEqual(NEEDED);
    expect(settings(lab('', undefined, 'tun'), 'director')).toEqual(NEEDED);
    expect(routesOf(lab(), 'rs1')).toEqual(['default via 172.28.10.1']);
    // The real servers are as in any DR.
    expect(settings(lab(), 'rs1')).toEqual([
      'net.ipv4.ip_forward=0',
      'net.ipv4.conf.all.arp_ignore=1',
      'net.ipv4.conf.all.arp_announce=2',
    ]);
  });

  it('has the file win', () => {
    const sysctls =
      'sysctls: { net.ipv4.conf.all.rp_filter: 1, net.ipv4.conf.eth1.accept_local: 0, net.ipv4.ip_forward: 0 }';
    expect(settings(lab(`, ${sysctls}`), 'director')).toEqual([
      'net.ipv4.ip_forward=0',
      'net.ipv4.conf.eth1.accept_local=0',
      'net.ipv4.conf.all.rp_filter=1',
      'net.ipv4.conf.eth1.rp_filter=0',
    ]);
  });

  it('asks nothing of a director that no reply passes', () => {
    expect(settings(shipped('dr-router'), 'director')).toEqual(['net.ipv4.ip_forward=0']);
    expect(settings(shipped('tun'), 'director')).toEqual(['net.ipv4.ip_forward=0']);
  });

  it('sets it on each director of a cluster whose address is the gateway', () => {
    const plan = planOf(`
mode: dr
networks: { dmz: 172.16.10.0/24, lbn: 172.28.10.0/24 }
nodes:
  client: { on: dmz }
  director: { on: [dmz, lbn], count: 2 }
  rs: { on: lbn, count: 2, gateway: 172.28.10.100 }
services: [{ vip: 172.16.10.30 }]
clusters: { ha: { directors: [director1, director2], gateway: 172.28.10.100, vrrp: { interval: 1s } } }`);
    for (const director of ['director1', 'director2']) expect(settings(plan, director)).toEqual(NEEDED);
  });

  it('needs forwarding alone in IPv6, whose kernel does not ask whose a source address is', () => {
    const plan = planOf(`
mode: dr
networks: { dmz: 2001:db8:1::/64, lbn: 2001:db8:2::/64 }
nodes: { client: { on: dmz }, director: { on: [dmz, lbn] }, rs1: { on: lbn, gateway: director } }
services: [{ vip: 2001:db8:1::30 }]`);
    const own = settings(plan, 'director').filter((text) => !/disable_ipv6|accept_(ra|dad)=/.test(text));
    expect(own).toEqual(['net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=1']);
  });

  it('tells nobody of the shorter way where replies go out as they came in', () => {
    const plan = planOf(`
mode: dr
networks: { lan: 172.16.10.0/24, out: 172.28.10.0/24 }
nodes:
  client: { on: out }
  router: { on: [lan, out] }
  director: { on: lan }
  rs1: { on: lan, gateway: director }
services: [{ vip: 172.16.10.30 }]`);
    expect(settings(plan, 'director').slice(-2)).toEqual([
      'net.ipv4.conf.all.send_redirects=0',
      'net.ipv4.conf.eth0.send_redirects=0',
    ]);
  });
});

describe('TUN', () => {
  it.each([
    ['tun', 1440, 'tunl0', [], ['ip link show tunl0 >/dev/null 2>&1 || ip link add tunl0 type ipip']],
    [
      'tun-gre',
      1436,
      'gre0',
      ['--tun-type', 'gre'],
      ['ip link show gre0 >/dev/null 2>&1 || ip link add gre0 type gre'],
    ],
    [
      'tun-gue',
      1428,
      'tunl0',
      ['--tun-type', 'gue', '--tun-port', '5555'],
      [
        'ip link show tunl0 >/dev/null 2>&1 || ip link add tunl0 type ipip',
        `sh -c 'ip fou show | grep -q "port 5555 gue *$"' >/dev/null 2>&1 || ip fou add port 5555 gue`,
      ],
    ],
  ] as const)('%s is the whole of these commands', (name, advmss, device, options, tunnel) => {
    const plan = shipped(name);
    expect(commandsOf(plan, 'rs1')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip addr replace 198.51.100.11/24 dev eth0',
      ...tunnel,
      `ip link set ${device} up`,
      'sysctl -qw net.ipv4.conf.all.rp_filter=0',
      `sysctl -qw net.ipv4.conf.${device}.rp_filter=0`,
      'sysctl -qw net.ipv4.conf.eth0.rp_filter=0',
      'sysctl -qw net.ipv4.conf.all.arp_ignore=1',
      'sysctl -qw net.ipv4.conf.all.arp_announce=2',
      `ip addr replace 203.0.113.100/32 dev ${device}`,
      `ip route replace 198.51.100.0/24 dev eth0 src 198.51.100.11 advmss ${advmss}`,
      `ip route replace default via 198.51.100.254 advmss ${advmss}`,
    ]);
    expect(commandsOf(plan, 'director')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip addr replace 203.0.113.1/24 dev eth0',
      'ip route replace default via 203.0.113.254',
      'ip addr replace 203.0.113.100/32 dev eth0',
      'ipvsadm -A -t 203.0.113.100:80 -s rr',
      ...[11, 12].map((host) =>
        [`ipvsadm -a -t 203.0.113.100:80 -r 198.51.100.${host}:80 -i -w 1`, ...options].join(' '),
      ),
    ]);
  });

  it('announces the segment size on the shared segment too, where there is no other route', () => {
    expect(routesOf(shipped('tun-segment'), 'rs1')).toEqual([
      '192.0.2.0/24 dev eth0 src 192.0.2.11 advmss 1440',
    ]);
    expect(routesOf(shipped('tun-segment'), 'client')).toEqual([]);
  });

  it('takes the MTU of the network into account', () => {
    const plan = planOf(`
mode: tun
networks: { lan: { subnet: 192.0.2.0/24, mtu: 1400 } }
nodes: { client: { on: lan }, director: { on: lan }, rs1: { on: lan } }
services: [{ vip: 192.0.2.100 }]`);
    expect(routesOf(plan, 'rs1')).toEqual(['192.0.2.0/24 dev eth0 src 192.0.2.11 advmss 1340']);
    expect(segmentSize(4, 1500, 0)).toBe(1460);
    expect(segmentSize(6, 1500, 40)).toBe(1400);
  });
});

describe('services', () => {
  it('put a VIP outside every network on lo, with a route at the client by the director', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, other: 192.0.2.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: [front, other] }
  router: { on: [other] }
  director: { on: [front, back] }
  rs1: { on: back }
services: [{ vip: 198.51.100.7 }]`);
    expect(commandsWith(plan, 'director', 'ip addr')).toContain('ip addr replace 198.51.100.7/32 dev lo');
    expect(routesOf(plan, 'client')).toEqual(['default via 203.0.113.1']);
  });

  it('route to that VIP alone where the client has another gateway', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front, gateway: 203.0.113.77 }
  director: { on: [front, back] }
  rs1: { on: back }
services: [{ vip: 198.51.100.7 }]`);
    expect(routesOf(plan, 'client')).toEqual(['198.51.100.7/32 via 203.0.113.1', 'default via 203.0.113.77']);
  });

  it('on one VIP add its address once', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes: { client: { on: front }, director: { on: [front, back] }, rs1: { on: back } }
services:
  - { vip: 203.0.113.100 }
  - { vip: 203.0.113.100, port: 443, scheduler: sh }
  - { vip: 203.0.113.101, port: 80 }`);
    expect(commandsOf(plan, 'director').slice(-8)).toEqual([
      'ip addr replace 203.0.113.100/32 dev eth0',
      'ipvsadm -A -t 203.0.113.100:80 -s rr',
      'ipvsadm -a -t 203.0.113.100:80 -r 10.0.0.11:80 -m -w 1',
      'ipvsadm -A -t 203.0.113.100:443 -s sh',
      'ipvsadm -a -t 203.0.113.100:443 -r 10.0.0.11:443 -m -w 1',
      'ip addr replace 203.0.113.101/32 dev eth0',
      'ipvsadm -A -t 203.0.113.101:80 -s rr',
      'ipvsadm -a -t 203.0.113.101:80 -r 10.0.0.11:80 -m -w 1',
    ]);
    expect(plan.modules).toEqual(['ip_vs', 'ip_vs_rr', 'ip_vs_sh']);
    // The client's own automatic address steps over a VIP.
    expect(nodeOf(plan, 'client').interfaces[0]?.addresses[0]?.address).toBe('203.0.113.102');
  });

  it('weigh real servers, and let one server stand out by its own method', () => {
    const plan = planOf(`
networks: { lan: 192.0.2.0/24 }
mode: dr
nodes: { client: { on: lan }, director: { on: lan }, rs: { on: lan, count: 3 } }
services:
  - vip: 192.0.2.100
    scheduler: wrr
    servers: [{ node: rs1, weight: 5 }, { node: rs2, weight: 0 }, { node: rs3, mode: tun }]`);
    expect(commandsWith(plan, 'director', 'ipvsadm')).toEqual([
      'ipvsadm -A -t 192.0.2.100:80 -s wrr',
      'ipvsadm -a -t 192.0.2.100:80 -r 192.0.2.11:80 -g -w 5',
      'ipvsadm -a -t 192.0.2.100:80 -r 192.0.2.12:80 -g -w 0',
      'ipvsadm -a -t 192.0.2.100:80 -r 192.0.2.13:80 -i -w 1',
    ]);
    expect(commandsWith(plan, 'rs1', 'ip addr')).toContain('ip addr replace 192.0.2.100/32 dev lo');
    expect(commandsWith(plan, 'rs3', 'ip addr')).toContain('ip addr replace 192.0.2.100/32 dev tunl0');
    expect(plan.modules).toEqual(['ip_vs', 'ip_vs_wrr', 'ipip']);
  });

  it('are carried by the directors that they name, and only by those', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes: { client: { on: front }, director: { on: [front, back], count: 2 }, rs1: { on: back } }
services: [{ vip: 203.0.113.100, directors: [director2] }]`);
    expect(commandsWith(plan, 'director1', 'ipvsadm')).toEqual([]);
    expect(commandsWith(plan, 'director1', 'sysctl')).toEqual(['sysctl -qw net.ipv4.ip_forward=0']);
    expect(commandsWith(plan, 'director2', 'ipvsadm')).toHaveLength(2);
    expect(routesOf(plan, 'rs1')).toEqual(['default via 10.0.0.2']);
  });

  it('may be missing: then no kernel module is needed, and the nodes are a plain network', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes: { client: { on: front }, director: { on: [front, back] }, rs1: { on: back } }`);
    expect(plan.modules).toEqual([]);
    expect(plan.services).toEqual([]);
    expect(commandsOf(plan, 'director')).toEqual([
      'sysctl -qw net.ipv4.ip_forward=0',
      'ip link set lo up',
      'ip link set eth0 up',
      'ip link set eth1 up',
      'ip addr replace 203.0.113.1/24 dev eth0',
      'ip addr replace 10.0.0.1/24 dev eth1',
    ]);
    expect(nodeOf(plan, 'rs1').steps.find((s) => s.kind === 'file')?.content).toContain('listen 80;');
    expect(nodeOf(plan, 'client').hosts.map((h) => h.name)).toEqual(['client', 'director', 'rs1']);
  });
});
