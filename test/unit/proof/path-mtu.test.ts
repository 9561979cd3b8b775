import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import { judgePathMtu } from '../../../src/proof/judge-path-mtu.ts';
import { readNodeMtu, since, type NodeMtu } from '../../../src/proof/node-mtu.ts';
import { bytes, ipv4, u16 } from './build.ts';
import { natPlan, tunPlan } from './plans.ts';
import { PSH_ACK, scene, segment, SYN, SYN_ACK, type Scene } from './scene.ts';

const CLIENT = '192.0.2.2:40000';
const VIP = '192.0.2.100:80';

/** What nodes say of themselves: Ethernet's MTU everywhere, but for those that are given. */
function nodesOf(plan: Plan, more: Record<string, Partial<NodeMtu>> = {}, mtu: Record<string, number> = {}) {
  return plan.nodes.map(({ name, interfaces }): NodeMtu => ({
    node: name,
    devices: interfaces.map((i) => ({ device: i.name, mtu: mtu[`${name} ${i.name}`] ?? 1500 })),
    routes: [],
    made: 0,
    taken: 0,
    ...more[name],
  }));
}

function judged(plan: Plan, s: Scene, nodes = nodesOf(plan)) {
  const [service] = plan.services;
  if (service === undefined) throw new Error('no service');
  return judgePathMtu(plan, service, s.observations, nodes);
}

const inTunnel = (inner: Uint8Array) =>
  ipv4({ source: '192.0.2.1', destination: '10.0.1.11', protocol: 4, ttl: 64 }, inner);

/** The handshake of a connection through the tunnel. */
function tunnelOpened(): Scene {
  const s = scene(tunPlan());
  const syn = segment(CLIENT, VIP, SYN, { sequence: 999, id: 1 });
  s.hop('client/eth0', 'director/eth0', syn);
  s.hop(
    'director/eth0',
    'router/eth0',
    inTunnel(segment(CLIENT, VIP, SYN, { sequence: 999, id: 1, ttl: 63 })),
  );
  s.hop('router/eth1', 'rs1/eth0', inTunnel(segment(CLIENT, VIP, SYN, { sequence: 999, id: 1, ttl: 63 })));
  const answer = { sequence: 5000, acknowledgement: 1000, id: 2 };
  s.hop('rs1/eth0', 'router/eth1', segment(VIP, CLIENT, SYN_ACK, answer));
  s.hop('router/eth0', 'client/eth0', segment(VIP, CLIENT, SYN_ACK, { ...answer, ttl: 63 }));
  return s;
}

/** One segment again and again; its first sending is a part of a larger one, as segmentation offload shows it. */
function hang(s: Scene, times: number, length = 1460): void {
  const data = { sequence: 1000, acknowledgement: 5001 };
  s.hop(
    'client/eth0',
    'director/eth0',
    segment(CLIENT, VIP, PSH_ACK, { ...data, length: 10 * 1460, id: 10 }),
  );
  for (let i = 1; i < times; i++) {
    s.wait(i * 300_000);
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, PSH_ACK, { ...data, length, id: 10 + i }));
  }
}

/** The director's "fragmentation needed" about such a segment. */
function needed(id: number): Uint8Array {
  const quoted = segment(CLIENT, VIP, PSH_ACK, { sequence: 1000, acknowledgement: 5001, length: 1460 });
  return ipv4(
    { source: '192.0.2.100', destination: '192.0.2.2', protocol: 1, id },
    bytes(3, 4, u16(0), u16(0), u16(1480), quoted.subarray(0, 548)),
  );
}

describe('a path-MTU black hole in a tunnel', () => {
  it('is named with its numbers where nobody is told', () => {
    const s = tunnelOpened();
    hang(s, 4);
    const found = judged(tunPlan(), s);
    expect(found).toMatchObject({ id: 'path-mtu', title: 'path MTU', outcome: 'fail' });
    expect(found?.detail).toBe(
      'packets of 1500 bytes from client (TCP segments of 1460) do not fit the tunnel director → rs1, whose MTU is 1480: IPIP takes 20 of the 1500 bytes of director eth0; one was sent 4 times, reached director eth0 and went no further, while packets of up to 40 bytes pass; nobody sent client "fragmentation needed" (1 of 1 connections, to rs1)',
    );
    expect(found?.evidence[0]).toMatch(/^director eth0 {2}192\.0\.2\.2:40000 > .*, IP packet of 1500 bytes$/);
    expect(found?.evidence.at(-1)).toMatch(/^hint: .*rs1 announces .*advmss 1440.*pmtu_disc=0 on director/);
  });

  it.each([
    [
      'lost',
      'director/eth0',
      undefined,
      /"fragmentation needed, mtu 1480" once, and it never arrived: it was last seen leaving director eth0/,
    ],
    [
      'dropped by the client',
      'director/eth0',
      { taken: 0 },
      /reached client eth0, but not its kernel .*: something on client drops ICMP/,
    ],
    [
      'ignored',
      'director/eth0',
      { taken: 1 },
      /arrived at client eth0 and changed nothing: client ignores it/,
    ],
  ] as const)('says where the message ended: %s', (_, from, client, text) => {
    const s = tunnelOpened();
    hang(s, 3);
    s.hop(from, 'client/eth0', needed(77), client === undefined ? 'sender' : 'both');
    expect(judged(tunPlan(), s, nodesOf(tunPlan(), { client: client ?? {} }))?.detail).toMatch(text);
  });

  it('knows of a message that never left its maker by the counters', () => {
    const s = tunnelOpened();
    hang(s, 3);
    expect(judged(tunPlan(), s, nodesOf(tunPlan(), { director: { made: 3 } }))?.detail).toContain(
      'director made 3 "destination unreachable" messages for client (its ICMP counters say so), but none left it',
    );
  });
});

describe('no black hole is', () => {
  it('a segment that was sent once', () => {
    const s = tunnelOpened();
    hang(s, 2);
    expect(judged(tunPlan(), s)).toBeUndefined();
  });

  it('a small one that gets lost, though larger ones come through', () => {
    const s = tunnelOpened();
    const big = { sequence: 400, length: 1000, acknowledgement: 5001, id: 5 };
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, PSH_ACK, big));
    const passed = inTunnel(segment(CLIENT, VIP, PSH_ACK, { ...big, ttl: 63 }));
    s.hop('director/eth0', 'router/eth0', passed);
    s.hop('router/eth1', 'rs1/eth0', passed);
    hang(s, 5, 200);
    expect(judged(tunPlan(), s)).toBeUndefined();
  });

  it('an offloaded packet, larger than any MTU, that is sent again', () => {
    const s = tunnelOpened();
    hang(s, 5, 2 * 1460);
    expect(judged(tunPlan(), s)).toBeUndefined();
  });

  it('what was acknowledged in the end', () => {
    const s = tunnelOpened();
    hang(s, 4);
    const ack = { sequence: 5001, acknowledgement: 2460, id: 9 };
    s.hop('rs1/eth0', 'router/eth1', segment(VIP, CLIENT, 0x10, ack));
    s.hop('router/eth0', 'client/eth0', segment(VIP, CLIENT, 0x10, { ...ack, ttl: 63 }));
    expect(judged(tunPlan(), s)).toBeUndefined();
  });

  it('a connection whose beginning was not captured', () => {
    const s = scene(tunPlan());
    hang(s, 4);
    expect(judged(tunPlan(), s)).toBeUndefined();
  });
});

describe('behind NAT', () => {
  /** A request that the director sends on, and that the real server may not get. */
  function natHang(seenBy: 'both' | 'sender'): Scene {
    const s = scene(natPlan());
    const rs = '10.0.0.11:8080';
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN, { sequence: 999, id: 1 }));
    s.hop('director/eth1', 'rs1/eth0', segment(CLIENT, rs, SYN, { sequence: 999, id: 1, ttl: 63 }));
    const answer = { sequence: 5000, acknowledgement: 1000, id: 2 };
    s.hop('rs1/eth0', 'director/eth1', segment(rs, CLIENT, SYN_ACK, answer));
    s.hop('director/eth0', 'client/eth0', segment(VIP, CLIENT, SYN_ACK, { ...answer, ttl: 63 }));
    for (let i = 0; i < 4; i++) {
      const data = { sequence: 1000, acknowledgement: 5001, length: 1460, id: 10 + i };
      s.wait(i * 300_000);
      s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, PSH_ACK, data));
      if (seenBy === 'sender')
        s.hop('director/eth1', 'rs1/eth0', segment(CLIENT, rs, PSH_ACK, { ...data, ttl: 63 }), 'sender');
    }
    return s;
  }

  it('names the link of the director that was made smaller, and gives back what the plan has', () => {
    const found = judged(natPlan(), natHang('both'), nodesOf(natPlan(), {}, { 'director eth1': 1400 }));
    expect(found?.detail).toContain('do not fit the way director → rs1: the MTU of director eth1 is 1400;');
    expect(found?.evidence.at(-1)).toContain(
      'director eth1 has its planned MTU again (ip link set eth1 mtu 1500)',
    );
    expect(found?.evidence.at(-1)).not.toContain('pmtu_disc');
  });

  it('names a receiver that takes smaller frames than are sent', () => {
    const nodes = nodesOf(natPlan(), {}, { 'rs1 eth0': 1300 });
    expect(judged(natPlan(), natHang('sender'), nodes)?.detail).toMatch(
      /: the MTU of rs1 eth0 is 1300; one was sent 4 times, left director eth1 and never arrived at rs1 eth0,/,
    );
  });

  it('names a route with an MTU of its own, where it leads there', () => {
    const route = (text: string) => ({ director: { routes: [{ text, device: 'eth1', mtu: 1200 }] } });
    const with1 = judged(
      natPlan(),
      natHang('both'),
      nodesOf(natPlan(), route('10.0.0.0/24 dev eth1 mtu 1200')),
    );
    expect(with1?.detail).toContain(
      'the MTU of the route "10.0.0.0/24 dev eth1 mtu 1200" on director is 1200',
    );
    const other = judged(
      natPlan(),
      natHang('both'),
      nodesOf(natPlan(), route('10.9.0.0/24 dev eth1 mtu 1200')),
    );
    expect(other?.detail).not.toContain('1200');
  });

  it('says so where no MTU explains it', () => {
    expect(judged(natPlan(), natHang('both'))?.detail).toContain(
      'no MTU known on that way is smaller: something there drops by size',
    );
  });
});

it('what a node says of itself is read, and its counters compared', () => {
  const output = (made: number, tooBig: number) => `1: lo: <LOOPBACK,UP> mtu 65536 qdisc noqueue
7: eth0@if4: <BROADCAST,UP> mtu 1400 qdisc noqueue state UP

default via 10.0.2.254 dev eth0
10.0.2.0/24 dev eth0 scope link mtu lock 1300

Ip: Forwarding
Ip: 1
Icmp: InMsgs InDestUnreachs OutMsgs OutDestUnreachs
Icmp: 9 2 9 ${made}
Icmp6OutPktTooBigs              \t${tooBig}
`;
  const before = readNodeMtu('rs1', output(3, 0));
  expect(before).toEqual({
    node: 'rs1',
    devices: [
      { device: 'lo', mtu: 65536 },
      { device: 'eth0', mtu: 1400 },
    ],
    routes: [{ text: '10.0.2.0/24 dev eth0 scope link mtu lock 1300', device: 'eth0', mtu: 1300 }],
    made: 3,
    taken: 2,
  });
  expect(since(before, readNodeMtu('rs1', output(5, 1)))).toMatchObject({ made: 3, taken: 0 });
});
