import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { drPlan, natPlan, tunPlan } from './plans.ts';

function kinds(plan: Plan): string[] {
  return claimsFor(plan).map((claim) => claim.kind);
}

describe('claimsFor', () => {
  it('states what each forwarding method promises', () => {
    expect(kinds(natPlan())).toEqual([
      'request-rewritten',
      'reply-from-vip',
      'replies-pass-director',
      'gateway-is-director',
    ]);
    expect(kinds(tunPlan())).toEqual([
      'request-encapsulated',
      'reply-from-vip',
      'replies-bypass-director',
      'servers-elsewhere',
    ]);
    expect(kinds(drPlan())).toEqual([
      'request-redirected',
      'reply-from-vip',
      'replies-bypass-director',
      'one-arp-owner',
    ]);
  });

  it('is plain data with unique ids', () => {
    const claims = claimsFor(drPlan());
    expect(JSON.parse(JSON.stringify(claims))).toEqual(claims);
    expect(new Set(claims.map((c) => c.id)).size).toBe(claims.length);
    expect(claims[0]).toMatchObject({
      id: 'dr/10.0.0.100:80/request-redirected',
      mode: 'dr',
      directors: ['director'],
      servers: [
        { node: 'rs1', address: '10.0.0.11', port: 80 },
        { node: 'rs2', address: '10.0.0.12', port: 80 },
      ],
    });
  });

  it.each([
    ['ipip', 4],
    ['gre', 47],
    ['gue', 17],
  ] as const)('expects the outer header of %s', (tunnel, protocol) => {
    expect(claimsFor(tunPlan(tunnel))[0]).toMatchObject({ kind: 'request-encapsulated', protocol });
  });

  it('makes a set of claims for each mode that a service mixes', () => {
    const plan = drPlan();
    const [, second] = plan.services[0]?.servers ?? [];
    if (second !== undefined) second.mode = 'nat';
    const claims = claimsFor(plan);
    expect(claims.filter((c) => c.mode === 'nat').every((c) => c.servers[0]?.node === 'rs2')).toBe(true);
    expect(claims.filter((c) => c.mode === 'dr').every((c) => c.servers[0]?.node === 'rs1')).toBe(true);
  });

  it('leaves out servers that get nothing or that are the director', () => {
    const plan = natPlan();
    const [first, second] = plan.services[0]?.servers ?? [];
    if (first !== undefined) first.weight = 0;
    if (second !== undefined) second.node = 'director';
    expect(claimsFor(plan)).toEqual([]);
  });

  it('claims one ARP owner only where the VIP lies in a network that director and server share', () => {
    const outside = drPlan();
    for (const service of outside.services) service.vip = '203.0.113.7';
    expect(kinds(outside)).not.toContain('one-arp-owner');
    const shared = tunPlan();
    for (const node of shared.nodes)
      if (node.role === 'real-server')
        for (const i of node.interfaces) {
          i.network = 'front';
          for (const own of i.addresses) own.address = own.address.replace('10.0.1', '192.0.2');
        }
    expect(kinds(shared)).toContain('one-arp-owner');
    expect(kinds(shared)).not.toContain('servers-elsewhere');
  });

  it('claims the gateway only of servers that share a network with the director', () => {
    const plan = natPlan();
    for (const node of plan.nodes)
      if (node.name === 'rs2') for (const i of node.interfaces) i.network = 'other';
    const gateway = claimsFor(plan).find((c) => c.kind === 'gateway-is-director');
    expect(gateway?.servers.map((s) => s.node)).toEqual(['rs1']);
  });
});
