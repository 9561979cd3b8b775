import { mainAddress } from '../../../src/plan/addresses.ts';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import { MODE_RULES } from '../../../src/plan/modes/registry.ts';
import { SHIPPED, commandsOf, nodeOf, shipped } from './labs.ts';

/** In IPv4 after a dot, in IPv6 after two colons. */
const AUTOMATIC = {
  director: /(\.|::)[12]$/,
  'real-server': /(\.|::)1[1-9]$/,
  dns: /(\.|::)53$/,
  proxy: /(\.|::)[12]$/,
  client: /(\.|::)10[1-9]$/,
  router: /(\.|::)254$/,
};

function interfacesOf(plan: Plan) {
  return plan.nodes.flatMap((node) => node.interfaces.map((i) => ({ ...i, node: node.name })));
}

describe.each(SHIPPED)('the plan of %s', (name) => {
  const plan = shipped(name);

  it('is the same each time, and nothing but JSON', () => {
    expect(JSON.stringify(shipped(name))).toBe(JSON.stringify(plan));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan.version).toBe(1);
    expect(plan.name).toBe(name);
  });

  it('gives no MAC and no address twice', () => {
    const all = interfacesOf(plan);
    expect(new Set(all.map((i) => i.mac)).size).toBe(all.length);
    const addresses = all.flatMap((i) => i.addresses.map((a) => a.address));
    expect(new Set(addresses).size).toBe(addresses.length);
    for (const { mac } of all) expect(mac).toMatch(/^02:00:00:0[1-3]:00:0\d$/);
    for (const { vip } of plan.services) expect(addresses).not.toContain(vip);
  });

  it('gives every interface its address and its link, lo first', () => {
    for (const node of plan.nodes) {
      const commands = commandsOf(plan, node.name);
      const links = commands.filter((c) => /^ip link set (lo|eth\d) up$/.test(c));
      expect(links).toEqual(['lo', ...node.interfaces.map((i) => i.name)].map((d) => `ip link set ${d} up`));
      for (const { name: device, addresses } of node.interfaces)
        for (const { address, prefix } of addresses)
          expect(commands).toContain(`ip addr replace ${address}/${prefix} dev ${device}`);
    }
  });

  it('states ip_forward on every node, first and once', () => {
    for (const node of plan.nodes) {
      const commands = commandsOf(plan, node.name);
      const carriesReplies =
        node.role === 'director' &&
        plan.services.some(
          (s) => !s.vip.includes(':') && s.servers.some((r) => MODE_RULES[r.mode].ipvs?.flag === '-m'),
        );
      expect(commands[0]).toBe(
        `sysctl -qw net.ipv4.ip_forward=${node.role === 'router' || carriesReplies ? 1 : 0}`,
      );
      expect(commands.filter((c) => c.includes('ip_forward'))).toHaveLength(1);
    }
  });

  it('knows every node by name on every node', () => {
    for (const node of plan.nodes) {
      const families = (n: Plan['nodes'][number]) =>
        new Set(n.interfaces.flatMap((i) => i.addresses.map((a) => a.family)));
      expect(node.hosts.map((host) => host.name)).toEqual([
        ...plan.nodes.flatMap((n) => [...families(n)].map(() => n.name)),
        ...[...new Set(plan.services.map((s) => s.vip))].map((_, i) => (i === 0 ? 'vip' : `vip${i + 1}`)),
      ]);
      const own = node.hosts.find((host) => host.name === node.name);
      expect(node.interfaces.map(mainAddress)).toContain(own?.address);
    }
  });

  it('runs on each real server what it serves, and on nothing else anything', () => {
    const served = new Set(plan.services.map((s) => (s.application === 'dns' ? 'dns' : 'web')));
    for (const node of plan.nodes)
      expect(node.steps.filter((s) => s.kind === 'daemon').map((s) => s.name)).toEqual(
        node.role === 'real-server'
          ? [...served]
          : node.role === 'dns'
            ? ['names']
            : node.role === 'proxy'
              ? ['haproxy']
              : node.role === 'director' && plan.clusters?.some((c) => c.vrrp !== undefined)
                ? ['vrrp']
                : node.role === 'director'
                  ? [...new Set(plan.services.flatMap((s) => (s.health === undefined ? [] : [s.health.by])))]
                  : [],
      );
  });
});

it('comes with every forwarding method and every tunnel', () => {
  expect(SHIPPED).toEqual(expect.arrayContaining(['nat', 'tun', 'tun-gre', 'tun-gue', 'dr', 'dr-router']));
});

it.each(SHIPPED.filter((name) => name !== 'full' && name !== 'persistence'))(
  '%s: an automatic address tells the role',
  (name) => {
    for (const node of shipped(name).nodes)
      for (const address of node.interfaces.map(mainAddress)) expect(address).toMatch(AUTOMATIC[node.role]);
  },
);

it('counts automatic addresses up by role, and routers down', () => {
  const addresses = (name: string, node: string) => nodeOf(shipped(name), node).interfaces.map(mainAddress);
  expect(addresses('nat', 'director')).toEqual(['203.0.113.1', '10.0.0.1']);
  expect(addresses('nat', 'client')).toEqual(['203.0.113.101']);
  expect(addresses('nat', 'rs1')).toEqual(['10.0.0.11']);
  expect(addresses('nat', 'rs2')).toEqual(['10.0.0.12']);
  expect(addresses('tun', 'router')).toEqual(['203.0.113.254', '198.51.100.254']);
});

it('keeps a fixed address, and steps over it', () => {
  const plan = shipped('full');
  expect(nodeOf(plan, 'client').interfaces.map(mainAddress)[0]).toBe('203.0.113.7');
  expect(nodeOf(plan, 'rs2').interfaces.map(mainAddress)).toEqual(['10.0.0.12', '10.1.0.22']);
  expect(nodeOf(plan, 'far1').interfaces.map(mainAddress)[0]).toBe('10.1.0.12');
});

it.each([
  ['nat', ['ip_vs', 'ip_vs_rr']],
  ['dr', ['ip_vs', 'ip_vs_rr']],
  ['tun', ['ip_vs', 'ip_vs_rr', 'ipip']],
  ['tun-gre', ['ip_vs', 'ip_vs_rr', 'ip_gre']],
  ['tun-gue', ['ip_vs', 'ip_vs_rr', 'ipip', 'fou']],
  ['full', ['ip_vs', 'ip_vs_wrr', 'ip_vs_rr']],
  ['udp', ['ip_vs', 'ip_vs_rr']],
  ['mark', ['ip_vs', 'sch_ingress', 'cls_flower', 'act_skbedit', 'ip_vs_rr']],
])('%s needs the modules %j', (name, modules) => {
  expect(shipped(name).modules).toEqual(modules);
});
