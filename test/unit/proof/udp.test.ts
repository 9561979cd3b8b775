import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import { portsOfPlan } from '../../../src/proof/crossings.ts';
import { observationText } from '../../../src/proof/packet-text.ts';
import { walks } from '../../../src/proof/path.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { judge, type Verdict } from '../../../src/proof/verdict.ts';
import { describeWalk } from '../../../src/proof/walk.ts';
import { ipv4 } from './build.ts';
import { drPlan, natPlan, overUdp, tunPlan } from './plans.ts';
import { datagram, scene, segment, SYN, type Scene } from './scene.ts';

function verdicts(plan: Plan, play: (s: Scene) => void): Record<string, Verdict> {
  const s = scene(plan);
  play(s);
  const captures = portsOfPlan(plan).map(({ node, device }) => ({ node, device, dropped: 0 }));
  return Object.fromEntries(
    judge(plan, claimsFor(plan), s.observations, captures).map((v) => [v.claim.kind, v]),
  );
}

const outcomes = (all: Record<string, Verdict>) =>
  Object.fromEntries(Object.entries(all).map(([kind, { outcome }]) => [kind, outcome]));

const VIP = '192.0.2.100:53';
const CLIENT = '192.0.2.2:10000';

describe('NAT of datagrams', () => {
  const plan = overUdp(natPlan(), 5353);
  /** One datagram and its answer, by way of one real server. */
  const exchange = (s: Scene, host: number, number: number, answerFrom = VIP) => {
    const server = `10.0.0.${host}:5353`;
    const rs = `rs${host - 10}/eth0`;
    const id = { id: number };
    s.hop('client/eth0', 'director/eth0', datagram(CLIENT, VIP, `question ${number}`, id));
    s.hop('director/eth1', rs, datagram(CLIENT, server, `question ${number}`, { ...id, ttl: 63 }));
    s.hop(rs, 'director/eth1', datagram(server, CLIENT, `answer ${number}`, { id: number + 100 }));
    s.hop(
      'director/eth0',
      'client/eth0',
      datagram(answerFrom, CLIENT, `answer ${number}`, { id: number + 100, ttl: 63 }),
    );
  };

  it('keeps every promise', () => {
    const all = verdicts(plan, (s) => {
      exchange(s, 11, 1);
      exchange(s, 12, 2);
    });
    expect(outcomes(all)).toEqual({
      'request-rewritten': 'pass',
      'reply-from-vip': 'pass',
      'replies-pass-director': 'pass',
      'gateway-is-director': 'pass',
    });
    expect(all['request-rewritten']?.why).toBe(
      'destination 192.0.2.100:53 became 10.0.0.11:5353, source 192.0.2.2 stayed (2 datagrams, to rs1 and rs2)',
    );
    expect(all['reply-from-vip']?.claim.id).toBe('nat/192.0.2.100:53/udp/reply-from-vip');
  });

  it('takes each datagram for one of its own, also from one port', () => {
    const s = scene(plan);
    for (const number of [1, 2, 3]) exchange(s, 11, number);
    expect(walks(plan, s.observations).map((walk) => walk.journeys.map((j) => j.crossings.length))).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
  });

  it('shows a walk with what changed', () => {
    const s = scene(plan);
    exchange(s, 11, 1);
    const [walk] = walks(plan, s.observations);
    if (walk === undefined) throw new Error('no walk');
    expect(describeWalk(walk).map((line) => line.text)).toEqual([
      '10-byte datagram  client eth0 → director eth0  192.0.2.2:10000 → 192.0.2.100:53   ttl 64   mac 02:00:00:00:01:02 → 02:00:00:00:01:01',
      '                  director eth1 → rs1 eth0     192.0.2.2:10000 → 10.0.0.11:5353*  ttl 63*  mac 02:00:00:00:02:01* → 02:00:00:00:02:0b*',
      '8-byte datagram   rs1 eth0 → director eth1     10.0.0.11:5353 → 192.0.2.2:10000   ttl 64   mac 02:00:00:00:02:0b → 02:00:00:00:02:01',
      '                  director eth0 → client eth0  192.0.2.100:53* → 192.0.2.2:10000  ttl 63*  mac 02:00:00:00:01:01* → 02:00:00:00:01:02*',
    ]);
  });

  it('fails where the replies leave unchanged, as one-packet scheduling would let them', () => {
    const all = verdicts(plan, (s) => {
      exchange(s, 11, 1, '10.0.0.11:5353');
      exchange(s, 12, 2);
    });
    expect(all['reply-from-vip']).toMatchObject({ outcome: 'fail' });
    expect(all['reply-from-vip']?.why).toContain(
      'client was answered from 10.0.0.11:5353 instead of 192.0.2.100:53: the 8-byte datagram went rs1 eth0 → director eth1 → client eth0',
    );
  });

  it('is not confused by a tcp service on the same VIP and port', () => {
    const both = {
      ...plan,
      services: [...plan.services, ...natPlan().services.map((x) => ({ ...x, port: 53 }))],
    };
    const s = scene(both);
    exchange(s, 11, 1);
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    expect(walks(both, s.observations).map((walk) => walk.service.protocol)).toEqual(['udp', 'tcp']);
    expect(new Set(claimsFor(both).map((claim) => claim.id)).size).toBe(8);
  });
});

describe('DR of datagrams', () => {
  const plan = overUdp(drPlan());
  const client = '10.0.0.2:10000';
  const vip = '10.0.0.100:53';
  const ask = (s: Scene, server: string, number: number) => {
    s.hop('client/eth0', 'director/eth0', datagram(client, vip, `question ${number}`, { id: number }));
    s.hop('director/eth0', server, datagram(client, vip, `question ${number}`, { id: number, ttl: 63 }));
  };

  it('goes by one-packet scheduling from one port to every real server', () => {
    const all = verdicts(plan, (s) => {
      s.whoHas('client/eth0', '10.0.0.100');
      s.isAt('director/eth0', 'client/eth0', '10.0.0.100');
      for (const [index, server] of ['rs1/eth0', 'rs2/eth0', 'rs1/eth0', 'rs2/eth0'].entries()) {
        ask(s, server, index);
        s.hop(server, 'client/eth0', datagram(vip, client, `answer ${index}`));
      }
    });
    expect(outcomes(all)).toEqual({
      'request-redirected': 'pass',
      'reply-from-vip': 'pass',
      'replies-bypass-director': 'pass',
      'one-arp-owner': 'pass',
    });
    expect(all['reply-from-vip']?.why).toContain('(4 datagrams, to rs1 and rs2)');
  });

  it('fails where a server that is bound to no address answers from its own', () => {
    const all = verdicts(plan, (s) => {
      ask(s, 'rs1/eth0', 1);
      s.hop('rs1/eth0', 'client/eth0', datagram('10.0.0.11:53', client, 'answer'));
    });
    expect(all['reply-from-vip']?.outcome).toBe('fail');
    expect(all['reply-from-vip']?.why).toContain(
      'client was answered from 10.0.0.11:53 instead of 10.0.0.100:53',
    );
  });

  it('says who refused it', () => {
    const question = datagram(client, vip, 'question', { id: 1, ttl: 63 });
    const unreachable = ipv4(
      { source: '10.0.0.100', destination: '10.0.0.2', protocol: 1 },
      new Uint8Array([3, 3, 0, 0, 0, 0, 0, 0, ...question]),
    );
    const all = verdicts(plan, (s) => {
      ask(s, 'rs1/eth0', 1);
      s.hop('rs1/eth0', 'client/eth0', unreachable);
    });
    expect(all['reply-from-vip']?.outcome).toBe('fail');
    expect(all['reply-from-vip']?.why).toContain(
      'rs1 refused the datagram; rs1 sent ICMP port unreachable (1 of 1 datagram, to rs1)',
    );
    expect(all['replies-bypass-director']?.outcome).toBe('unknown');
  });

  it('says how far a datagram came that nobody answered', () => {
    const all = verdicts(plan, (s) => {
      ask(s, 'rs1/eth0', 1);
    });
    expect(all['reply-from-vip']?.why).toContain(
      'the 10-byte datagram arrived at rs1 eth0 and no answer left it',
    );
  });

  it('is unknown where no datagram was seen', () => {
    const all = verdicts(plan, () => undefined);
    expect(all['reply-from-vip']).toMatchObject({
      outcome: 'unknown',
      why: 'no datagram to 10.0.0.100:53/udp was seen',
    });
  });
});

describe('TUN of datagrams', () => {
  it('keeps every promise', () => {
    const plan = overUdp(tunPlan());
    const all = verdicts(plan, (s) => {
      for (const [host, rs] of [
        [11, 'rs1/eth0'],
        [12, 'rs2/eth0'],
      ] as const) {
        const outer = { source: '192.0.2.1', destination: `10.0.1.${host}`, protocol: 4 };
        const inner = datagram(CLIENT, VIP, 'question', { id: host, ttl: 63 });
        s.hop('client/eth0', 'director/eth0', datagram(CLIENT, VIP, 'question', { id: host }));
        s.hop('director/eth0', 'router/eth0', ipv4({ ...outer, ttl: 64 }, inner));
        s.hop('router/eth1', rs, ipv4({ ...outer, ttl: 63 }, inner));
        s.hop(rs, 'router/eth1', datagram(VIP, CLIENT, 'answer', { id: host }));
        s.hop('router/eth0', 'client/eth0', datagram(VIP, CLIENT, 'answer', { id: host, ttl: 63 }));
      }
    });
    expect(outcomes(all)).toEqual({
      'request-encapsulated': 'pass',
      'reply-from-vip': 'pass',
      'replies-bypass-director': 'pass',
      'servers-elsewhere': 'pass',
    });
    expect(all['request-encapsulated']?.why).toContain(
      'around the unchanged packet (2 datagrams, to rs1 and rs2)',
    );
  });
});

it('a datagram is named in evidence', () => {
  const s = scene(drPlan());
  s.hop('client/eth0', 'director/eth0', datagram('10.0.0.2:10000', '10.0.0.100:53', 'question'), 'sender');
  expect(s.observations.map(observationText)).toEqual([
    'client eth0  10.0.0.2:10000 > 10.0.0.100:53 [UDP] 8 bytes ttl 64 mac 02:00:00:00:01:02 → 02:00:00:00:01:01',
  ]);
});
