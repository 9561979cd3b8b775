import { describe, expect, it } from 'vitest';
import { masterDownInterval, priorityOf } from '../../../src/plan/vrrp.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { commandsOf, nodeOf, planOf, routesOf, shipped } from './labs.ts';

function vrrpConfig(plan: Plan, node: string): string {
  const file = nodeOf(plan, node).steps.find((s) => s.kind === 'file' && s.path.endsWith('vrrp.conf'));
  return file?.kind === 'file' ? file.content : '';
}

describe('a cluster with VRRP', () => {
  const plan = shipped('failover');

  it('has its services on every director, and no VIP from the plan on any', () => {
    for (const director of ['director1', 'director2']) {
      const commands = commandsOf(plan, director);
      expect(commands.filter((c) => c.startsWith('ipvsadm -A'))).toHaveLength(2);
      expect(commands.filter((c) => c.startsWith('ipvsadm -a'))).toHaveLength(4);
      expect(commands.filter((c) => /ip addr .*::?100\b|ip addr .*\.100\//.test(c))).toEqual([]);
      expect(commands.filter((c) => c.includes('--start-daemon'))).toEqual([]);
    }
  });

  it('gives the first director the highest priority, and each family an instance of its own', () => {
    const [one, two] = ['director1', 'director2'].map((name) => vrrpConfig(plan, name));
    expect(one?.match(/priority \d+/g)).toEqual(['priority 200', 'priority 200']);
    expect(two?.match(/priority \d+/g)).toEqual(['priority 190', 'priority 190']);
    expect(one?.match(/vrrp_instance \S+/g)).toEqual(['vrrp_instance ha-lan-4', 'vrrp_instance ha-lan-6']);
    expect(one).toContain('    192.0.2.100/32 dev eth0\n');
    expect(one).toContain('    fe80::200:5eff:fe00:233/64 dev eth0\n    2001:db8:1::100/128 dev eth0\n');
    expect(one).toContain('  lvs_sync_daemon eth0 ha-lan-4 id 7\n');
    expect(one?.replaceAll('200\n', '190\n').replaceAll('director1', 'director2')).toBe(two);
  });

  it('takes over after three intervals and a skew that is longer for lower priorities', () => {
    const [cluster] = plan.clusters ?? [];
    if (cluster?.vrrp === undefined) throw new Error('no VRRP');
    expect(priorityOf(cluster, 'director2')).toBe(190);
    expect(masterDownInterval(cluster.vrrp, 190)).toBe(3000 + (66 / 256) * 1000);
    expect(masterDownInterval({ ...cluster.vrrp, interval: 500 }, 256)).toBe(1500);
  });

  it('in NAT moves the real servers’ gateway with the VIP', () => {
    const nat = shipped('failover-nat');
    expect(routesOf(nat, 'rs1')).toEqual(['default via 10.0.0.100']);
    const config = vrrpConfig(nat, 'director2');
    expect(config).toContain('  group {\n    ha-front-4\n    ha-back-4\n  }\n');
    expect(config).toContain('    10.0.0.100/32 dev eth1\n');
    expect(config).toContain('  lvs_sync_daemon eth1 ha-front-4 id 7\n');
    expect(commandsOf(nat, 'director2')).toContain('sysctl -qw net.ipv4.ip_forward=1');
  });

  it('speaks where it is told, whatever the addresses’ networks', () => {
    const config = vrrpConfig(
      planOf(`networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  director: { on: [front, back], count: 2 }
  rs1: { on: back }
services: [ { vip: 203.0.113.100 } ]
clusters: { ha: { directors: [director], gateway: 10.0.0.100, vrrp: { interval: 500ms, id: 9, on: back } } }`),
      'director1',
    );
    expect(config).toMatch(
      /interface eth1\n {2}virtual_router_id 9\n {2}priority 200\n {2}advert_int 0\.5\n/,
    );
    expect(config).toContain('    203.0.113.100/32 dev eth0\n    10.0.0.100/32 dev eth1\n');
    expect(config).not.toContain('lvs_sync_daemon');
    expect(config).not.toContain('vrrp_sync_group');
  });
});

describe('a cluster without VRRP', () => {
  const plan = shipped('sync');
  const start = (role: string) => `ipvsadm --start-daemon ${role} --mcast-interface eth0 --syncid 7`;

  it('has the VIP on its first director alone, who is the master', () => {
    const [one, two] = ['director1', 'director2'].map((name) => commandsOf(plan, name));
    expect(one).toContain('ip addr replace 192.0.2.100/32 dev eth0');
    expect(two?.filter((c) => c.includes('192.0.2.100/32'))).toEqual([]);
    expect(one?.filter((c) => c.includes('--start-daemon'))).toHaveLength(1);
    expect(one?.at(-1)).toContain(start('master'));
    expect(two?.at(-1)).toContain(start('backup'));
  });

  it('in NAT has the gateway there as well', () => {
    const nat = planOf(`networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  director: { on: [front, back], count: 2 }
  rs1: { on: back }
services: [ { vip: 203.0.113.100 } ]
clusters: { ha: { directors: [director], gateway: 10.0.0.100 } }`);
    expect(commandsOf(nat, 'director1')).toContain('ip addr replace 10.0.0.100/32 dev eth1');
    expect(commandsOf(nat, 'director2').join()).not.toContain('10.0.0.100');
    expect(routesOf(nat, 'rs1')).toEqual(['default via 10.0.0.100']);
  });
});
