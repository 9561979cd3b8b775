import { describe, expect, it } from 'vitest';
import { walks } from '../../../src/proof/path.ts';
import { captured } from './captured.ts';
import { drPlan, natPlan, tunPlan } from './plans.ts';
import { PSH_ACK, scene, segment, SYN, SYN_ACK } from './scene.ts';
import type { Walk } from '../../../src/proof/types.ts';

const CLIENT = '192.0.2.2:40000';
const VIP = '192.0.2.100:80';
const RS1 = '10.0.0.11:8080';

/** Each journey as its label and the nodes that it passes. */
function shape(walk: Walk | undefined): string[] {
  return (walk?.journeys ?? []).map(({ label, crossings }) =>
    [label, crossings[0]?.from?.node, ...crossings.map((c) => c.to?.node)].join(' '),
  );
}

describe('walks', () => {
  it('pairs both ends of a wire, follows NAT rewriting and names what changed', () => {
    const s = scene(natPlan());
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    s.hop('director/eth1', 'rs1/eth0', segment(CLIENT, RS1, SYN, { ttl: 63 }));
    s.hop('rs1/eth0', 'director/eth1', segment(RS1, CLIENT, SYN_ACK, { sequence: 9 }));
    s.hop('director/eth0', 'client/eth0', segment(VIP, CLIENT, SYN_ACK, { sequence: 9, ttl: 63 }));
    const [walk, ...others] = walks(natPlan(), s.observations);
    expect(others).toEqual([]);
    expect(walk).toMatchObject({
      service: { vip: '192.0.2.100', port: 80 },
      client: { address: '192.0.2.2', port: 40000 },
      clientNode: 'client',
    });
    expect(shape(walk)).toEqual(['SYN client director rs1', 'SYN-ACK rs1 director client']);
    const forwarded = walk?.journeys[0]?.crossings[1];
    expect(forwarded?.sent?.device).toBe('eth1');
    expect(forwarded?.arrived?.node).toBe('rs1');
    expect(forwarded?.changes).toEqual([
      { layer: 'link', field: 'source', before: '02:00:00:00:01:02', after: '02:00:00:00:02:01' },
      { layer: 'link', field: 'destination', before: '02:00:00:00:01:01', after: '02:00:00:00:02:0b' },
      { layer: 'ip', field: 'destination', before: '192.0.2.100', after: '10.0.0.11' },
      { layer: 'ip', field: 'ttl', before: 64, after: 63 },
      { layer: 'tcp', field: 'destination', before: 80, after: 8080 },
    ]);
  });

  it('is not confused by retransmissions, nor by a copy that got lost', () => {
    const s = scene(natPlan());
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN), 'sender');
    s.wait(1_000_000);
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    s.wait(1_000_000);
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    s.hop('director/eth1', 'rs1/eth0', segment(CLIENT, RS1, SYN, { ttl: 63 }));
    const [walk] = walks(natPlan(), s.observations);
    expect(shape(walk)).toEqual(['SYN client director', 'SYN client director', 'SYN client director rs1']);
    expect(walk?.journeys.map((j) => j.retransmission)).toEqual([undefined, true, true]);
    expect(walk?.journeys.map((j) => j.crossings[0]?.lost)).toEqual([true, undefined, undefined]);
  });

  it('leaves out frames that a bridge flooded to a node that they are not for', () => {
    const s = scene(drPlan());
    s.hop('client/eth0', 'director/eth0', segment('10.0.0.2:40000', '10.0.0.100:80', SYN));
    const overheard = s.observations[0];
    if (overheard === undefined) throw new Error('nothing sent');
    s.observations.push({ ...overheard, node: 'rs1' });
    expect(shape(walks(drPlan(), s.observations)[0])).toEqual(['SYN client director']);
  });

  it('leaves out what is seen on devices inside a node', () => {
    const s = scene(tunPlan());
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    const seen = s.observations[0];
    if (seen === undefined) throw new Error('nothing sent');
    s.observations.push({ ...seen, node: 'rs1', device: 'tunl0' });
    expect(shape(walks(tunPlan(), s.observations)[0])).toEqual(['SYN client director']);
  });

  it('tells two connections from one port apart by their initial sequence numbers', () => {
    const s = scene(natPlan());
    for (const sequence of [1000, 2000]) {
      s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN, { sequence }));
      s.hop(
        'client/eth0',
        'director/eth0',
        segment(CLIENT, VIP, PSH_ACK, { sequence: sequence + 1, length: 7 }),
      );
      s.wait(1_000_000);
    }
    expect(walks(natPlan(), s.observations).map(shape)).toEqual([
      ['SYN client director', '7 bytes client director'],
      ['SYN client director', '7 bytes client director'],
    ]);
  });

  it('follows a large packet that a node cuts into segments, and segments that it joins', () => {
    const s = scene(natPlan());
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    const cut = { sequence: 0xffffff00, length: 2000, id: 7 };
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, PSH_ACK, cut));
    s.hop('director/eth1', 'rs1/eth0', segment(CLIENT, RS1, PSH_ACK, { ...cut, length: 1000, ttl: 63 }));
    s.hop(
      'director/eth1',
      'rs1/eth0',
      segment(CLIENT, RS1, PSH_ACK, { sequence: 744, length: 1000, ttl: 63, id: 8 }),
    );
    s.hop('rs1/eth0', 'director/eth1', segment(RS1, CLIENT, PSH_ACK, { sequence: 500, length: 100, id: 1 }));
    s.hop('rs1/eth0', 'director/eth1', segment(RS1, CLIENT, PSH_ACK, { sequence: 600, length: 100, id: 2 }));
    s.hop(
      'director/eth0',
      'client/eth0',
      segment(VIP, CLIENT, PSH_ACK, { sequence: 500, length: 200, ttl: 63, id: 1 }),
    );
    const [walk] = walks(natPlan(), s.observations);
    expect(shape(walk)).toEqual([
      'SYN client director',
      '2000 bytes client director rs1 rs1',
      '100 bytes rs1 director client',
      '100 bytes rs1 director',
    ]);
    expect(walk?.journeys[1]?.crossings.map((c) => c.resegmented)).toEqual([undefined, true, true]);
    expect(walk?.journeys[1]?.crossings[1]?.changes.map((c) => c.field)).not.toContain('totalLength');
    expect(walk?.journeys[3]?.joined).toBe(true);
  });

  it('joins the two ends of a wire on which a packet was segmented', () => {
    const s = scene(natPlan());
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, PSH_ACK, { length: 2000 }), 'sender');
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, PSH_ACK, { length: 1000, id: 5 }), 'receiver');
    const [walk] = walks(natPlan(), s.observations);
    expect(shape(walk)).toEqual(['SYN client director', '2000 bytes client director']);
    expect(walk?.journeys[1]?.crossings[0]).toMatchObject({ resegmented: true });
    expect(walk?.journeys[1]?.crossings[0]?.lost).toBeUndefined();
  });

  it('ignores connections that are not to a VIP', () => {
    const s = scene(natPlan());
    s.hop('director/eth1', 'rs1/eth0', segment('10.0.0.1:50000', RS1, SYN));
    expect(walks(natPlan(), s.observations)).toEqual([]);
  });
});

describe('walks of real captures', () => {
  it('follows both connections through NAT', () => {
    const all = walks(natPlan(), captured('nat'));
    expect(all.length).toBe(2);
    expect(shape(all[0]).slice(0, 4)).toEqual([
      'SYN client director rs2',
      'SYN-ACK rs2 director client',
      'ACK client director rs2',
      '75 bytes client director rs2',
    ]);
    for (const walk of all)
      for (const { crossings } of walk.journeys)
        for (const c of crossings) expect(c).toMatchObject({ sent: {}, arrived: {}, from: {}, to: {} });
  });

  it('follows DR, with large packets', () => {
    for (const walk of walks(drPlan(), captured('dr-large')))
      for (const line of shape(walk)) expect(line).toMatch(/ client director rs[12]$| rs[12] client$/);
  });

  it.each(['ipip', 'gre', 'gue'] as const)('follows a tunnel: %s', (tunnel) => {
    const all = walks(tunPlan(tunnel), captured(`tun-${tunnel}`));
    expect(all.length).toBe(2);
    for (const walk of all)
      for (const line of shape(walk))
        expect(line).toMatch(/ client director router rs[12]$| rs[12] router client$/);
    const [, tunnelled, routed] = all[0]?.journeys[0]?.crossings ?? [];
    expect(tunnelled?.changes.filter((c) => c.layer === 'outer')).toEqual([
      { layer: 'outer', field: 'protocol', after: tunnel.toUpperCase() },
      { layer: 'outer', field: 'source', after: '192.0.2.1' },
      { layer: 'outer', field: 'destination', after: '10.0.1.12' },
      expect.objectContaining({ field: 'ttl' }),
    ]);
    expect(tunnelled?.changes.filter((c) => c.layer === 'ip')).toEqual([
      { layer: 'ip', field: 'ttl', before: 64, after: 63 },
    ]);
    expect(routed?.changes.map((c) => `${c.layer} ${c.field}`)).toEqual([
      'link source',
      'link destination',
      'outer ttl',
    ]);
  });

  it('shows the ICMP errors about a connection, and the loop of a packet that nobody takes', () => {
    const upload = walks(tunPlan(), captured('tun-upload'));
    expect(shape(upload[0])).toContain('ICMP frag needed, mtu 1480 director client');
    const lost = walks(drPlan(), captured('dr-no-vip'));
    expect(lost[1]?.journeys[0]?.crossings.length).toBeGreaterThan(20);
  });
});
