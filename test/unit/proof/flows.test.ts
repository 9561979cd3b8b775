import { describe, expect, it } from 'vitest';
import { walks } from '../../../src/proof/path.ts';
import { natPlan } from './plans.ts';
import { scene, segment, SYN, SYN_ACK } from './scene.ts';

describe('one client port that asks two VIPs of the same real server', () => {
  it('makes two connections, each with its own packets behind the director', () => {
    const plan = natPlan();
    const [first] = plan.services;
    if (first === undefined) throw new Error('the plan has a service');
    const vips = [first.vip, '192.0.2.200'];
    const both = { ...plan, services: vips.map((vip) => ({ ...first, vip })) };
    const server = `${first.servers[0]?.address ?? ''}:${first.servers[0]?.port ?? 0}`;
    const client = '192.0.2.2:40000';
    const shown = scene(both);
    vips.forEach((vip, index) => {
      const more = { sequence: 1000 + index };
      shown.hop('client/eth0', 'director/eth0', segment(client, `${vip}:80`, SYN, more));
      shown.hop('director/eth1', 'rs1/eth0', segment(client, server, SYN, more));
      shown.hop('rs1/eth0', 'director/eth1', segment(server, client, SYN_ACK, { sequence: 5000 + index }));
      shown.hop(
        'director/eth0',
        'client/eth0',
        segment(`${vip}:80`, client, SYN_ACK, { sequence: 5000 + index }),
      );
      shown.wait(1000);
    });
    const ways = walks(both, shown.observations).map(({ service, journeys }) => ({
      vip: service.vip,
      crossings: journeys.map(({ crossings }) => crossings.length),
    }));
    expect(ways).toEqual(vips.map((vip) => ({ vip, crossings: [2, 2] })));
  });
});
