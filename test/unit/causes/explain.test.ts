import { describe, expect, it } from 'vitest';
import { candidates, explain } from '../../../src/causes/explain.ts';
import { netfilterRules, tcFilters } from '../../../src/causes/filters.ts';
import type { NodeLook } from '../../../src/causes/state.ts';
import type { Plan } from '../../../src/plan/types.ts';
import type { Duty, Loss } from '../../../src/proof/loss.ts';
import { decode } from '../../../src/proof/packets.ts';
import { ethernet, ipv4 } from '../proof/build.ts';
import { drPlan, natPlan, tunPlan } from '../proof/plans.ts';
import { segment, SYN, SYN_ACK } from '../proof/scene.ts';
import { difference, fact, stateOf } from './state.ts';

const VIP = '192.0.2.100';
const CLIENT = '192.0.2.2';

function packet(datagram: Uint8Array, mac = '02:00:00:00:02:01'): NonNullable<Loss['packet']> {
  return decode(ethernet('02:00:00:00:02:0b', mac, 0x0800, datagram), 1);
}

function loss(plan: Plan, duty: Duty, node: string, more: Partial<Loss> = {}): Loss {
  const [service] = plan.services;
  const server = service?.servers[0];
  if (service === undefined || server === undefined) throw new Error('the plan has no service');
  const { vip, port, protocol } = service;
  return { duty, node, service: { vip, port, protocol }, server, ...more };
}

/** NAT: rs1's SYN-ACK came to the director. */
const REPLY = loss(natPlan(), 'forward', 'director', {
  device: 'eth1',
  packet: packet(segment('10.0.0.11:8080', `${CLIENT}:40000`, SYN_ACK)),
});
/** Routes as they should be there. */
const ROUTES = {
  [CLIENT]: 'eth0',
  '10.0.0.11': 'eth1',
  [`${CLIENT} from 10.0.0.11 iif eth1`]: 'eth0',
  [VIP]: 'local',
};

const DROP = (keys: object, packets: number) =>
  JSON.stringify([
    { protocol: 'ip', pref: 1, kind: 'flower', chain: 0 },
    {
      protocol: 'ip',
      pref: 1,
      kind: 'flower',
      options: {
        keys: { eth_type: 'ipv4', ...keys },
        actions: [{ kind: 'gact', control_action: { type: 'drop' }, stats: { packets, drops: packets } }],
      },
    },
  ]);

const texts = (plan: Plan, about: Loss, state: NodeLook) => candidates(plan, about, state).map((c) => c.text);

describe('a packet that a node should have sent on', () => {
  const at = (parts: Parameters<typeof stateOf>[1]) =>
    texts(natPlan(), REPLY, stateOf('director', { routes: ROUTES, ...parts }));

  it('where nothing is wrong, has no candidate', () => {
    expect(at({})).toEqual([]);
  });

  it.each<[string, Parameters<typeof stateOf>[1], RegExp]>([
    [
      'forwarding off',
      { sysctls: { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.eth1.forwarding': '0' } },
      /^net\.ipv4\.ip_forward is 0 on director$/,
    ],
    [
      'forwarding off on the interface alone',
      { sysctls: { 'net.ipv4.conf.eth1.forwarding': '0' } },
      /^net\.ipv4\.conf\.eth1\.forwarding is 0 on director$/,
    ],
    [
      'a route back that leaves elsewhere',
      { sysctls: { 'net.ipv4.conf.all.rp_filter': '1' }, routes: { ...ROUTES, '10.0.0.11': 'eth0' } },
      /^rp_filter is 1 on director eth1 \(by net\.ipv4\.conf\.all\.rp_filter\), and the route back to 10\.0\.0\.11 leaves by eth0$/,
    ],
    [
      'no route back under a loose filter',
      {
        sysctls: { 'net.ipv4.conf.eth1.rp_filter': '2' },
        routes: { ...ROUTES, '10.0.0.11': '!Network is unreachable' },
      },
      /^rp_filter is 2 on director eth1 .*there is no route back to 10\.0\.0\.11$/,
    ],
    [
      'no route',
      { routes: { ...ROUTES, [CLIENT]: '!Network is unreachable' } },
      /^director has no route to 192\.0\.2\.2$/,
    ],
    [
      'a route that went with its interface',
      {
        down: ['eth0'],
        addresses: ['192.0.2.1/24 on eth0', '10.0.0.1/24 on eth1'],
        routes: {
          ...ROUTES,
          [CLIENT]: '!Network is unreachable',
          [`${CLIENT} from 10.0.0.11 iif eth1`]: '!Network is unreachable',
        },
      },
      /^director has no route to 192\.0\.2\.2: eth0 is down there$/,
    ],
    [
      'an unreachable route',
      { routes: { ...ROUTES, [CLIENT]: '!No route to host' } },
      /192\.0\.2\.2: an unreachable route covers it$/,
    ],
    [
      'a blackhole',
      { routes: { ...ROUTES, [CLIENT]: '!Invalid argument' } },
      /: a blackhole route covers it$/,
    ],
    [
      'the client for its own',
      { routes: { ...ROUTES, [CLIENT]: 'local' } },
      /takes 192\.0\.2\.2 for an address/,
    ],
    [
      'a refusal for another reason',
      { routes: { ...ROUTES, [`${CLIENT} from 10.0.0.11 iif eth1`]: '!Network is unreachable' } },
      /ip route get 192\.0\.2\.2 from 10\.0\.0\.11 iif eth1 says “Network is unreachable”/,
    ],
    ['the interface out down', { down: ['eth0'] }, /^eth0 is down on director$/],
    [
      'a neighbour pinned to another MAC',
      { facts: [fact('neighbour', `${CLIENT} on eth0`, { mac: '02:00:00:00:00:77' })] },
      /says that 192\.0\.2\.2 on eth0 is at 02:00:00:00:00:77, and it is at 02:00:00:00:01:02$/,
    ],
    [
      'a filter of tc',
      { filters: tcFilters('in', 'eth1', DROP({ ip_proto: 'tcp', src_port: 8080 }, 4)) },
      /^on director a tc filter on eth1 ingress \(flower ip ip_proto tcp src_port 8080\) drops it, 4 packets so far$/,
    ],
    [
      'a rule of netfilter',
      {
        filters: netfilterRules(
          '*filter\n:FORWARD ACCEPT [9:9]\n[5:300] -A FORWARD -p tcp -d 192.0.2.0/24 -j DROP',
        ),
      },
      /^on director filter FORWARD drops it: -p tcp -d 192\.0\.2\.0\/24 -j DROP, 5 packets so far$/,
    ],
    [
      'a rule against unknown connections',
      {
        sysctls: { 'net.ipv4.vs.conntrack': '0' },
        filters: netfilterRules('*filter\n[5:300] -A FORWARD -m conntrack --ctstate INVALID -j DROP'),
      },
      /with net\.ipv4\.vs\.conntrack 0 every reply of NAT is INVALID/,
    ],
    [
      'a policy',
      { filters: netfilterRules('*filter\n:FORWARD DROP [3:180]') },
      /the policy of filter FORWARD is DROP/,
    ],
    [
      'a queue that loses',
      { facts: [fact('link quality', 'eth0', { loss: '100%' })] },
      /^director eth0 loses 100% of what it sends$/,
    ],
  ])('%s', (_, parts, text) => {
    const found = at(parts);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(text);
  });

  it.each<[string, Parameters<typeof stateOf>[1]]>([
    [
      'a strict filter, where the route back is the same',
      { sysctls: { 'net.ipv4.conf.all.rp_filter': '1' } },
    ],
    ['a filter that has dropped nothing', { filters: tcFilters('in', 'eth1', DROP({ ip_proto: 'tcp' }, 0)) }],
    [
      'a filter for other packets',
      {
        filters: [
          ...tcFilters('in', 'eth1', DROP({ ip_proto: 'icmp' }, 9)),
          ...tcFilters('in', 'eth1', DROP({ ip_proto: 'tcp', dst_port: 443 }, 9)),
          ...tcFilters('in', 'eth1', DROP({ src_ip: '10.9.0.0/16' }, 9)),
          ...tcFilters('in', 'eth0', DROP({ ip_proto: 'tcp' }, 9)),
          ...tcFilters('out', 'eth1', DROP({ ip_proto: 'tcp' }, 9)),
          ...netfilterRules('*filter\n[5:300] -A INPUT -p tcp -j DROP\n[5:300] -A FORWARD -p udp -j DROP'),
        ],
      },
    ],
    [
      'a neighbour pinned to the MAC that it has',
      { facts: [fact('neighbour', `${CLIENT} on eth0`, { mac: '02:00:00:00:01:02' })] },
    ],
  ])('is not lost by %s', (_, parts) => {
    expect(at(parts)).toEqual([]);
  });
});

describe('DR by way of the director', () => {
  const own = loss(drPlan(), 'forward', 'director', {
    device: 'eth1',
    packet: packet(segment('10.0.0.100:80', '10.0.0.2:40000', SYN_ACK)),
  });
  const state = (sysctls: Record<string, string>) =>
    stateOf('director', { sysctls, addresses: ['10.0.0.100/32 on eth0'], routes: { '10.0.0.2': 'eth0' } });

  it('is refused without accept_local, which is told first and with the packet’s source', () => {
    expect(texts(drPlan(), own, state({}))).toEqual([
      "accept_local is 0 on director eth1, and the packet's source 10.0.0.100 is an address of director's own",
    ]);
  });

  it('is refused by rp_filter, though accept_local is 1', () => {
    const sysctls = { 'net.ipv4.conf.eth1.accept_local': '1', 'net.ipv4.conf.eth1.rp_filter': '1' };
    expect(texts(drPlan(), own, state(sysctls))).toEqual([
      "rp_filter is 1 on director eth1 (by net.ipv4.conf.eth1.rp_filter), and the packet's source 10.0.0.100 is an address of director's own, on eth0",
    ]);
  });

  it('passes with accept_local on all, without rp_filter', () => {
    expect(texts(drPlan(), own, state({ 'net.ipv4.conf.all.accept_local': '1' }))).toEqual([]);
  });
});

describe('a request that a real server did not answer', () => {
  const routes = { [VIP]: 'local', [CLIENT]: 'eth0', [`${CLIENT} from ${VIP}`]: 'eth0', '192.0.2.1': 'eth0' };
  const tunnelled = loss(tunPlan(), 'answer', 'rs1', {
    device: 'eth0',
    packet: packet(
      ipv4(
        { source: '192.0.2.1', destination: '10.0.1.11', protocol: 4 },
        segment(`${CLIENT}:40000`, `${VIP}:80`, SYN),
      ),
    ),
  });
  const plan = tunPlan();
  for (const node of plan.nodes)
    if (node.role === 'real-server')
      node.steps.push({ kind: 'tunnel', device: 'tunl0' } as (typeof node.steps)[number]);
  const at = (parts: Parameters<typeof stateOf>[1], tunl0 = 'up') =>
    texts(
      plan,
      tunnelled,
      stateOf('rs1', {
        routes,
        addresses: [`${VIP}/32 on tunl0`],
        ...parts,
        facts: [...(tunl0 === '' ? [] : [fact('link', 'tunl0', { state: tunl0 })]), ...(parts.facts ?? [])],
      }),
    );

  it('where nothing is wrong, has no candidate', () => {
    expect(at({})).toEqual([]);
  });

  it('because of its tunnel', () => {
    expect(at({}, 'down')).toEqual(['tunl0 is down on rs1']);
    expect(at({}, '')).toEqual(['rs1 has no tunl0']);
  });

  it('because of the reverse path filter of the tunnel', () => {
    expect(at({ sysctls: { 'net.ipv4.conf.tunl0.rp_filter': '1' } })).toEqual([
      'rp_filter is 1 on rs1 tunl0 (by net.ipv4.conf.tunl0.rp_filter), and the route back to 192.0.2.2 leaves by eth0',
    ]);
    expect(at({ sysctls: { 'net.ipv4.conf.all.rp_filter': '2' } })).toEqual([]);
    // The VIP on lo: then tunl0 has no address, and the loose filter is strict.
    expect(
      at({ addresses: [`${VIP}/32 on lo`], sysctls: { 'net.ipv4.conf.all.rp_filter': '2' } })[0],
    ).toMatch(/^rp_filter is 2 on rs1 tunl0 .*tunl0 has no address$/);
  });

  it('because the VIP is on none of its interfaces, which the missing route is not told beside', () => {
    const missing = { [VIP]: 'eth0', [`${CLIENT} from ${VIP}`]: '!Invalid argument' };
    expect(at({ addresses: [], routes: { ...routes, ...missing } })).toEqual([
      '192.0.2.100 is on no interface of rs1',
    ]);
  });

  it('because the VIP’s prefix makes the client’s network its own', () => {
    expect(
      at({ addresses: [`${VIP}/24 on lo`], routes: { ...routes, [`${CLIENT} from ${VIP}`]: 'local' } }),
    ).toEqual([
      'rs1 takes 192.0.2.2 for an address of its own: 192.0.2.100/24 on lo makes the whole network its own',
    ]);
  });

  it('because of a filter on the reply', () => {
    const filters = tcFilters('out', 'eth0', DROP({ ip_proto: 'tcp', src_ip: VIP, src_port: 80 }, 3));
    expect(at({ filters })[0]).toMatch(/^on rs1 a tc filter on eth0 egress/);
    // For the outer header: what is inside is not seen by it.
    expect(at({ filters: tcFilters('in', 'eth0', DROP({ ip_proto: 'tcp' }, 3)) })).toEqual([]);
    expect(at({ filters: tcFilters('in', 'eth0', DROP({ ip_proto: '4' }, 3)) })).toHaveLength(1);
  });
});

describe('a request that a real server refused', () => {
  const about = loss(drPlan(), 'listen', 'rs1', {
    packet: packet(segment('10.0.0.2:40000', '10.0.0.100:80', SYN)),
  });
  const at = (parts: Parameters<typeof stateOf>[1]) => texts(drPlan(), about, stateOf('rs1', parts));

  it('because nothing listens, and why that is', () => {
    expect(at({})).toEqual(['nothing listens on tcp port 80 of rs1']);
    expect(at({ differences: [difference('daemon', 'web', 'missing')] })).toEqual([
      'nothing listens on tcp port 80 of rs1 (its daemon web does not run)',
    ]);
    expect(at({ sockets: [{ protocol: 'udp', address: '0.0.0.0', port: 80 }] })).toHaveLength(1);
  });

  it('because it listens on another address', () => {
    expect(at({ sockets: [{ protocol: 'tcp', address: '10.0.0.11', port: 80 }] })).toEqual([
      'on rs1 nothing listens on 10.0.0.100:80; it listens on 10.0.0.11:80 only',
    ]);
  });

  it('for no reason of its sockets where one takes it', () => {
    for (const address of ['0.0.0.0', '*', '10.0.0.100'])
      expect(at({ sockets: [{ protocol: 'tcp', address, port: 80 }] })).toEqual([]);
  });
});

describe('a request that a director did not send on', () => {
  const about = loss(natPlan(), 'schedule', 'director', {
    device: 'eth0',
    packet: packet(segment(`${CLIENT}:40000`, `${VIP}:80`, SYN)),
  });
  const server = (host: number, weight: string) =>
    fact('real server', `tcp ${VIP}:80 → 10.0.0.${host}:8080`, { weight });
  const table = [fact('service', `tcp ${VIP}:80`), server(11, '1'), server(12, '1')];
  const routes = { [VIP]: 'local', '10.0.0.11': 'eth1', '10.0.0.12': 'eth1' };
  const at = (parts: Parameters<typeof stateOf>[1]) =>
    texts(
      natPlan(),
      about,
      stateOf('director', { addresses: [`${VIP}/32 on eth0`], facts: table, routes, ...parts }),
    );

  it('where nothing is wrong, has no candidate', () => {
    expect(at({})).toEqual([]);
  });

  it('because of its table', () => {
    expect(at({ facts: [] })).toEqual(['ipvsadm on director has no service tcp 192.0.2.100:80']);
    expect(at({ facts: table.slice(0, 1) })[0]).toMatch(/has no real server in ipvsadm/);
    expect(at({ facts: [...table.slice(0, 1), server(11, '0'), server(12, '0')] })[0]).toMatch(
      /has weight 0/,
    );
  });

  it('because of the VIP, or the way to the real servers', () => {
    expect(at({ addresses: [], routes: { ...routes, [VIP]: 'eth0' } })).toEqual([
      '192.0.2.100 is on no interface of director',
    ]);
    expect(at({ routes: { ...routes, '10.0.0.12': '!Network is unreachable' } })).toEqual([
      'director has no route to 10.0.0.12',
    ]);
    const filters = tcFilters('out', 'eth1', DROP({ dst_ip: '10.0.0.11', dst_port: 8080 }, 2));
    expect(at({ filters })).toHaveLength(1);
  });
});

describe('who answers for an address', () => {
  const silent = loss(drPlan(), 'keep silent', 'rs1', { device: 'eth0' });

  it('a real server, for its settings or because the VIP is on the wire', () => {
    const at = (parts: Parameters<typeof stateOf>[1]) => texts(drPlan(), silent, stateOf('rs1', parts));
    expect(at({ addresses: ['10.0.0.100/32 on lo'] })).toEqual([]);
    expect(at({ addresses: ['10.0.0.100/32 on eth0'] })[0]).toMatch(/^10\.0\.0\.100 is on eth0 of rs1/);
    expect(
      at({ sysctls: { 'net.ipv4.conf.all.arp_ignore': '0', 'net.ipv4.conf.all.arp_announce': '1' } }),
    ).toEqual(['arp_ignore is 0 on rs1 eth0, not 1', 'arp_announce is 1 on rs1 eth0, not 2']);
    // The larger of both counts.
    const larger = { 'net.ipv4.conf.all.arp_ignore': '0', 'net.ipv4.conf.eth0.arp_ignore': '1' };
    expect(at({ sysctls: larger })).toEqual([]);
  });

  it('nobody, because the owner lacks it or is kept from answering', () => {
    const about = loss(drPlan(), 'own', 'director', { address: '10.0.0.100' });
    const at = (parts: Parameters<typeof stateOf>[1]) => texts(drPlan(), about, stateOf('director', parts));
    const addresses = ['10.0.0.100/32 on eth0'];
    expect(at({})).toEqual(['10.0.0.100 is on no interface of director']);
    expect(at({ addresses })).toEqual([]);
    expect(at({ addresses, sysctls: { 'net.ipv4.conf.eth0.arp_ignore': '8' } })).toEqual([
      'arp_ignore is 8 on director eth0',
    ]);
    expect(at({ addresses, facts: [fact('link', 'eth0', { state: 'up', arp: 'off' })] })[0]).toMatch(
      /no ARP/,
    );
  });
});

describe('what is told of several', () => {
  const state = (parts: Parameters<typeof stateOf>[1]) =>
    new Map([['director', stateOf('director', { routes: ROUTES, ...parts })]]);
  const off = { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.all.rp_filter': '1' };
  const away = { ...ROUTES, '10.0.0.11': 'eth0' };

  it('what differs from the plan comes first, else what the packet meets first', () => {
    const told = (differences: NodeLook['differences']) =>
      explain(natPlan(), [REPLY], state({ sysctls: off, routes: away, differences }))?.text;
    expect(told([])).toMatch(/^rp_filter is 1 .*; besides, net\.ipv4\.ip_forward is 0 on director$/);
    expect(told([difference('sysctl', 'net.ipv4.ip_forward')])).toMatch(
      /^net\.ipv4\.ip_forward is 0 .*; besides, rp_filter/,
    );
  });

  it('where nothing explains it, differences from the plan are named', () => {
    const changes = [{ attribute: 'via', planned: '10.0.0.1', found: '10.0.0.9' }];
    const differences = [difference('route', 'default', 'changed', changes), difference('file', '/etc/x')];
    expect(explain(natPlan(), [REPLY], state({ differences }))?.text).toBe(
      'not as planned: route default on director: via 10.0.0.9 instead of 10.0.0.1',
    );
  });

  it('where nothing differs either, what was looked at', () => {
    expect(explain(natPlan(), [REPLY], state({}))?.text).toMatch(
      /^no setting of director explains it: forwarding, rp_filter, .* are in order$/,
    );
  });

  it('a node that cannot be asked explains nothing', () => {
    expect(explain(natPlan(), [REPLY], new Map())?.text).toBe('director could not be asked why');
    expect(explain(natPlan(), [], new Map())).toBeUndefined();
  });

  it('one of two directors has the VIP: that the other lacks it is as it should be', () => {
    const about = ['one', 'two'].map((node) => loss(drPlan(), 'own', node, { address: '10.0.0.100' }));
    const states = new Map([
      ['one', stateOf('one', { addresses: ['10.0.0.100/32 on eth0'], down: ['eth0'] })],
      ['two', stateOf('two', {})],
    ]);
    expect(explain(drPlan(), about, states)?.text).toBe('eth0 is down on one');
    states.set('one', stateOf('one', {}));
    expect(explain(drPlan(), about, states)?.text).toMatch(
      /no interface of one; besides, .* no interface of two/,
    );
  });
});
