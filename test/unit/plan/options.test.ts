import { describe, expect, it } from 'vitest';
import { runScript } from '../../../src/plan/script.ts';
import { commandsOf, commandsWith, nodeOf, planOf } from './labs.ts';

const plan = planOf(`
mode: dr
networks: { net: 192.0.2.0/24 }
nodes:
  client: { on: { net: [192.0.2.102, 192.0.2.101, 192.0.2.7-192.0.2.8] } }
  client2: { on: net }
  director: { on: net, sysctls: { net.ipv4.vs.sync_threshold: 3 50, net.ipv4.ip_forward: 1 } }
  rs1: { on: net, sysctls: { net.ipv4.conf.all.arp_ignore: 0 } }
services:
  - vip: 192.0.2.100
    scheduler: mh
    flags: [mh-port]
    persistence: { timeout: 5, netmask: 28 }
    servers: [{ node: rs1, upper: 9, lower: 3 }]
  - { vip: 192.0.2.100, port: 81, persistence: 7 }
`);

describe('a node with several addresses', () => {
  it('has them all on one interface, with the network’s prefix, and automatic ones around them', () => {
    expect(commandsWith(plan, 'client', 'ip addr')).toEqual([
      'ip addr replace 192.0.2.102/24 dev eth0',
      'ip addr replace 192.0.2.101/24 dev eth0',
      'ip addr replace 192.0.2.7/24 dev eth0',
      'ip addr replace 192.0.2.8/24 dev eth0',
    ]);
    expect(nodeOf(plan, 'client2').interfaces[0]?.addresses[0]?.address).toBe('192.0.2.103');
  });

  it('has one name', () => {
    expect(nodeOf(plan, 'rs1').hosts.filter((host) => host.name === 'client')).toEqual([
      { address: '192.0.2.102', name: 'client' },
    ]);
  });
});

describe('a node’s sysctls', () => {
  it('take the place of the plan’s own, and the rest follow forwarding, which resets others', () => {
    expect(commandsOf(plan, 'director').slice(0, 2)).toEqual([
      'sysctl -qw net.ipv4.ip_forward=1',
      "sysctl -qw 'net.ipv4.vs.sync_threshold=3 50'",
    ]);
    const commands = commandsOf(plan, 'rs1');
    expect(commands.filter((c) => c.includes('arp_ignore'))).toEqual([
      'sysctl -qw net.ipv4.conf.all.arp_ignore=0',
      'sysctl -qw net.ipv4.conf.all.arp_ignore=0',
    ]);
    expect(commands.indexOf('sysctl -qw net.ipv4.conf.all.arp_ignore=0')).toBeLessThan(
      commands.indexOf('ip addr replace 192.0.2.100/32 dev lo'),
    );
    expect(runScript(nodeOf(plan, 'director').steps)).toContain(
      "set_to net/ipv4/ip_forward net.ipv4.ip_forward=1\nset_to net/ipv4/vs/sync_threshold 'net.ipv4.vs.sync_threshold=3 50'\n",
    );
  });
});

it('a service’s flags, persistence and limits reach ipvsadm and the plan', () => {
  expect(commandsWith(plan, 'director', 'ipvsadm')).toEqual([
    expect.stringMatching(
      /^ipvsadm -A -t 192\.0\.2\.100:80 -s mh -b mh-port -p 5 -M 255\.255\.255\.240/,
    ) as string,
    expect.stringMatching(/^ipvsadm -a -t 192\.0\.2\.100:80 -r 192\.0\.2\.11:80 -g -w 1 -x 9 -y 3/) as string,
    expect.stringMatching(/^ipvsadm -A -t 192\.0\.2\.100:81 -s rr -p 7$/) as string,
    expect.stringMatching(/^ipvsadm -a -t 192\.0\.2\.100:81 -r 192\.0\.2\.11:81 -g -w 1$/) as string,
  ]);
  expect(plan.services.map(({ flags, persistence }) => ({ flags, persistence }))).toEqual([
    { flags: ['mh-port'], persistence: { timeout: 5, prefix: 28 } },
    { flags: undefined, persistence: { timeout: 7 } },
  ]);
  expect(plan.services[0]?.servers[0]).toMatchObject({ upper: 9, lower: 3 });
});
