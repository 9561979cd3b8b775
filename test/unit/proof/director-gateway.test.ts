import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import type { Claim } from '../../../src/proof/claims.ts';
import { portsOfPlan } from '../../../src/proof/crossings.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { judge, type Verdict } from '../../../src/proof/verdict.ts';
import { planOf } from '../plan/labs.ts';
import { SYN, SYN_ACK, scene, segment, type Scene } from './scene.ts';

const VIP = '10.1.0.100:80';

/** The director between two networks, a router beside it, a client on each, and one real server behind. */
function plan(mode = 'dr', server = 'gateway: director'): Plan {
  return planOf(`
mode: ${mode}
networks: { front: 10.1.0.0/24, back: 10.2.0.0/24 }
nodes:
  client: { on: front }
  insider: { on: back, role: client }
  router: { on: [front, back] }
  director: { on: [front, back] }
  rs1: { on: back, ${server} }
services: [{ vip: 10.1.0.100 }]`);
}

function repliesClaims(made: Plan): Claim[] {
  return claimsFor(made).filter((claim) => claim.kind.startsWith('replies-'));
}

/** How the claims about the replies' way are judged after connections that take these ways. */
function judged(made: Plan, ...connections: ((s: Scene) => void)[]): Record<string, Verdict> {
  const s = scene(made);
  for (const connection of connections) {
    connection(s);
    s.wait(1000);
  }
  const captures = portsOfPlan(made).map(({ node, device }) => ({ node, device, dropped: 0 }));
  return Object.fromEntries(
    judge(made, repliesClaims(made), s.observations, captures).map((v) => [v.claim.kind, v]),
  );
}

function request(s: Scene, client = '10.1.0.101:40000'): void {
  s.hop('client/eth0', 'director/eth0', segment(client, VIP, SYN));
  s.hop('director/eth1', 'rs1/eth0', segment(client, VIP, SYN, { ttl: 63 }));
}

function byDirector(s: Scene, from = VIP): void {
  request(s);
  const answer = (ttl: number) => segment(from, '10.1.0.101:40000', SYN_ACK, { ttl });
  s.hop('rs1/eth0', 'director/eth1', answer(64));
  s.hop('director/eth0', 'client/eth0', segment(VIP, '10.1.0.101:40000', SYN_ACK, { ttl: 63 }));
}

function byRouter(s: Scene): void {
  request(s);
  s.hop('rs1/eth0', 'router/eth1', segment(VIP, '10.1.0.101:40000', SYN_ACK));
  s.hop('router/eth0', 'client/eth0', segment(VIP, '10.1.0.101:40000', SYN_ACK, { ttl: 63 }));
}

function toInsider(s: Scene): void {
  const client = '10.2.0.101:50000';
  s.hop('insider/eth0', 'router/eth1', segment(client, VIP, SYN));
  s.hop('router/eth0', 'director/eth0', segment(client, VIP, SYN, { ttl: 63 }));
  s.hop('director/eth1', 'rs1/eth0', segment(client, VIP, SYN, { ttl: 62 }));
  s.hop('rs1/eth0', 'insider/eth0', segment(VIP, client, SYN_ACK));
}

describe.each(['dr', 'tun'])('in mode %s', (mode) => {
  it('replies are promised to go the way that the routes lead', () => {
    const ways = (server: string) =>
      repliesClaims(plan(mode, server)).map(({ kind, servers }) => [kind, servers[0]?.clients]);
    expect(ways('gateway: router')).toEqual([['replies-bypass-director', undefined]]);
    expect(ways('gateway: director')).toEqual([
      ['replies-bypass-director', ['insider']],
      ['replies-pass-director', ['client']],
    ]);
    expect(ways('gateway: 10.2.0.1')).toEqual(ways('gateway: director'));
    expect(ways('gateway: router, routes: [{ to: 10.1.0.0/24, via: director }]')).toEqual(
      ways('gateway: director'),
    );
  });

  it('says that they pass the director, and leave the VIP alone, under an id of its own', () => {
    const claim = repliesClaims(plan(mode)).at(-1);
    expect(claim).toMatchObject({ id: `${mode}/10.1.0.100:80/replies-pass-director`, mode });
    expect(claim?.promise).toContain('which leaves 10.1.0.100:80 as its source');
  });
});

it('what differs from server to server is promised of each pair of server and client', () => {
  const made = planOf(`
mode: dr
networks: { front: 10.1.0.0/24, back: 10.2.0.0/24 }
nodes:
  client1: { on: front }
  client2: { on: [back, front] }
  director: { on: [front, back] }
  rs1: { on: back, gateway: director }
  rs2: { on: [front, back] }
services: [{ vip: 10.1.0.100 }, { vip: 10.2.0.100 }]`);
  const pairs = repliesClaims(made).map(({ kind, service, servers }) => [
    `${service.vip} ${kind}`,
    servers.map(({ node, clients }) => [node, clients]),
  ]);
  expect(pairs).toEqual([
    ['10.1.0.100 replies-bypass-director', [['rs2', undefined]]],
    ['10.1.0.100 replies-pass-director', [['rs1', undefined]]],
    [
      '10.2.0.100 replies-bypass-director',
      [
        ['rs1', ['client2']],
        ['rs2', undefined],
      ],
    ],
    ['10.2.0.100 replies-pass-director', [['rs1', ['client1']]]],
  ]);
});

describe('replies that are to pass the director in DR', () => {
  it('are seen to, and the others to go the direct way', () => {
    const { 'replies-pass-director': pass, 'replies-bypass-director': past } = judged(
      plan(),
      byDirector,
      toInsider,
    );
    expect(pass).toMatchObject({ outcome: 'pass' });
    expect(pass?.why).toBe(
      'replies went rs1 eth0 → director eth1 → client eth0, and left the real server with the VIP as their source (1 connection, to rs1)',
    );
    expect(past).toMatchObject({ outcome: 'pass' });
    expect(past?.why).toContain('replies went rs1 eth0 → insider eth0; director saw the request');
  });

  it('fail where they go past it', () => {
    const verdict = judged(plan(), byRouter, toInsider)['replies-pass-director'];
    expect(verdict).toMatchObject({ outcome: 'fail' });
    expect(verdict?.why).toContain('went rs1 eth0 → router eth1 → client eth0, past the director');
    expect(verdict?.evidence.map(({ text }) => text).join()).toContain('10.1.0.100:80 > 10.1.0.101:40000');
  });

  it('fail where the real server sends them from another address', () => {
    const other = (s: Scene) => {
      byDirector(s, '10.2.0.11:80');
    };
    const verdict = judged(plan(), other)['replies-pass-director'];
    expect(verdict).toMatchObject({ outcome: 'fail' });
    expect(verdict?.why).toContain('rs1 sent the SYN-ACK from 10.2.0.11:80 instead of 10.1.0.100:80');
  });

  it('are unknown where no connection of theirs was seen, whatever others did', () => {
    const verdict = judged(plan(), toInsider)['replies-pass-director'];
    expect(verdict).toMatchObject({ outcome: 'unknown' });
  });
});

describe('the VIP’s one owner by ARP', () => {
  const owners = (client: string) =>
    claimsFor(
      planOf(`
mode: dr
networks: { front: 10.1.0.0/24, back: 10.2.0.0/24 }
nodes: { client: { on: ${client} }, director: { on: [front, back] }, rs1: { on: back, gateway: director } }
services: [{ vip: 10.2.0.100 }]`),
    ).filter((claim) => claim.kind === 'one-arp-owner');

  it('is promised where somebody asks for it, and not where all come by a route', () => {
    expect(owners('back')).toHaveLength(1);
    expect(owners('front')).toEqual([]);
  });
});
