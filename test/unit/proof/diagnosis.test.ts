import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import type { Claim } from '../../../src/proof/claims.ts';
import { portsOfPlan } from '../../../src/proof/crossings.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { judge, type Verdict } from '../../../src/proof/verdict.ts';
import { bytes, ipv4, u16 } from './build.ts';
import { drPlan, natPlan, tunPlan } from './plans.ts';
import { scene, segment, SYN, SYN_ACK, type Scene } from './scene.ts';

const CLIENT = '192.0.2.2:40000';
const VIP = '192.0.2.100:80';

/** The verdict on one claim over frames made by hand, every interface captured. */
function verdict(plan: Plan, kind: Claim['kind'], play: (s: Scene) => void): Verdict {
  const s = scene(plan);
  play(s);
  const captures = portsOfPlan(plan).map(({ node, device }) => ({ node, device, dropped: 0 }));
  const found = judge(plan, claimsFor(plan), s.observations, captures).find((v) => v.claim.kind === kind);
  if (found === undefined) throw new Error(`no claim ${kind}`);
  return found;
}

/** What a director of the TUN lab sends for a request of the client. */
function tunnelled(
  outer: { source: string; destination: string; protocol: number },
  inner: Uint8Array,
): Uint8Array {
  return ipv4({ ...outer, ttl: 64 }, inner);
}

describe('how far a request came', () => {
  it('never left the director', () => {
    const found = verdict(natPlan(), 'request-rewritten', (s) => {
      for (let i = 0; i < 3; i++) {
        s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
        s.wait(1_000_000);
      }
      s.whoHas('director/eth1', '10.0.0.11');
    });
    expect(found.outcome).toBe('fail');
    expect(found.why).toBe(
      'the SYN reached director eth0 (3 times) and never left towards a real server; director asked by ARP for 10.0.0.11 and nobody answered (1 of 1 connection)',
    );
  });

  it('was refused by the director', () => {
    const found = verdict(natPlan(), 'reply-from-vip', (s) => {
      s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
      s.hop('director/eth0', 'client/eth0', segment(VIP, CLIENT, 0x14));
    });
    expect(found.outcome).toBe('fail');
    expect(found.why).toBe('director itself answered the request (RST) (1 of 1 connection)');
  });

  it('never arrived', () => {
    const found = verdict(natPlan(), 'request-rewritten', (s) => {
      s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
      s.hop('director/eth1', 'rs1/eth0', segment(CLIENT, '10.0.0.11:8080', SYN), 'sender');
    });
    expect(found.outcome).toBe('fail');
    expect(found.why).toContain('the SYN left director eth1 for rs1 eth0 and was not seen to arrive');
  });

  it('was never sent, because nobody has the VIP', () => {
    const play = (s: Scene) => {
      s.whoHas('client/eth0', '192.0.2.100');
    };
    const failed = verdict(natPlan(), 'reply-from-vip', play);
    expect(failed.outcome).toBe('fail');
    expect(failed.why).toContain('client asked for 192.0.2.100 by ARP and nobody answered');
    expect(verdict(natPlan(), 'replies-pass-director', play).outcome).toBe('unknown');
  });

  it('was stopped by a router with an ICMP error', () => {
    const found = verdict(tunPlan(), 'request-encapsulated', (s) => {
      const request = segment(CLIENT, VIP, SYN);
      const packet = tunnelled(
        { source: '192.0.2.1', destination: '10.0.1.11', protocol: 4 },
        segment(CLIENT, VIP, SYN, { ttl: 63 }),
      );
      s.hop('client/eth0', 'director/eth0', request);
      s.hop('director/eth0', 'router/eth0', packet);
      const error = bytes(3, 1, u16(0), u16(0), u16(0), packet);
      s.hop(
        'router/eth0',
        'director/eth0',
        ipv4({ source: '192.0.2.254', destination: '192.0.2.1', protocol: 1 }, error),
      );
    });
    expect(found.outcome).toBe('fail');
    expect(found.why).toContain(
      'the SYN went client eth0 → director eth0 → router eth0 and no further; router sent ICMP host unreachable for IPIP',
    );
  });
});

describe('what the director did with a request', () => {
  const dr = '10.0.0.100:80';
  const client = '10.0.0.2:40000';
  const redirected = (out: Uint8Array, to = 'rs1/eth0') =>
    verdict(drPlan(), 'request-redirected', (s) => {
      s.hop('client/eth0', 'director/eth0', segment(client, dr, SYN));
      s.hop('director/eth0', to, out);
    });

  it('DR: TTL the same or one less', () => {
    for (const ttl of [64, 63]) {
      const found = redirected(segment(client, dr, SYN, { ttl }));
      expect(found).toMatchObject({ outcome: 'unknown' });
      expect(found.why).toBe('1 connection kept it, but none went to rs2');
    }
    expect(redirected(segment(client, dr, SYN, { ttl: 62 })).why).toContain(
      'changed the packet itself: ip ttl 64 → 62',
    );
  });

  it('DR: another MAC, another method', () => {
    expect(redirected(segment(client, dr, SYN), 'client/eth0').why).toContain('which is no real server');
    const wrapped = ipv4(
      { source: '10.0.0.1', destination: '10.0.0.11', protocol: 4 },
      segment(client, dr, SYN),
    );
    expect(redirected(wrapped).why).toContain('put the request into IPIP: that is TUN, not DR');
  });

  it('DR: a wrong header checksum', () => {
    const out = segment(client, dr, SYN);
    out[10] = (out[10] ?? 0) ^ 1;
    expect(redirected(out).why).toContain('left a wrong IP header checksum');
  });

  it('NAT: another port than the plan has, and another method', () => {
    const rewritten = (out: Uint8Array) =>
      verdict(natPlan(), 'request-rewritten', (s) => {
        s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
        s.hop('director/eth1', 'rs1/eth0', out);
      });
    expect(rewritten(segment(CLIENT, '10.0.0.11:80', SYN)).why).toContain(
      'sent the request to 10.0.0.11:80, which is no real server',
    );
    expect(rewritten(segment(CLIENT, VIP, SYN)).why).toContain('that is DR, not NAT');
  });

  it('TUN: outer header', () => {
    const encapsulated = (out: Uint8Array) =>
      verdict(tunPlan(), 'request-encapsulated', (s) => {
        s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
        s.hop('director/eth0', 'router/eth0', out);
        s.hop('router/eth1', 'rs1/eth0', out);
      });
    const good = { source: '192.0.2.1', destination: '10.0.1.11', protocol: 4 };
    const inner = segment(CLIENT, VIP, SYN, { ttl: 63 });
    expect(encapsulated(tunnelled(good, inner)).why).toBe('1 connection kept it, but none went to rs2');
    expect(encapsulated(tunnelled({ ...good, source: '192.0.2.100' }, inner)).why).toContain(
      'gave the outer packet the source 192.0.2.100, which is not one of its own addresses (192.0.2.1)',
    );
    expect(encapsulated(tunnelled({ ...good, destination: '10.0.1.99' }, inner)).why).toContain(
      'sent the outer packet to 10.0.1.99',
    );
    expect(encapsulated(tunnelled({ ...good, protocol: 47 }, bytes(0, 0, 8, 0, inner))).why).toContain(
      'used an outer header of protocol 47 (GRE), not 4',
    );
    expect(encapsulated(inner).why).toContain('without an outer header: that is DR, not TUN');
    expect(encapsulated(segment(CLIENT, '10.0.1.11:80', SYN)).why).toContain('that is NAT, not TUN');
  });

  it('TUN: a server on the segment of the director', () => {
    const plan = tunPlan();
    const elsewhere = claimsFor(plan).filter((c) => c.kind === 'servers-elsewhere');
    for (const node of plan.nodes)
      if (node.role === 'real-server') for (const i of node.interfaces) i.network = 'front';
    const s = scene(plan);
    s.hop('client/eth0', 'director/eth0', segment(CLIENT, VIP, SYN));
    s.hop(
      'director/eth0',
      'rs1/eth0',
      tunnelled({ source: '192.0.2.1', destination: '10.0.1.11', protocol: 4 }, segment(CLIENT, VIP, SYN)),
    );
    const [found] = judge(plan, elsewhere, s.observations, []);
    expect(found?.outcome).toBe('fail');
    expect(found?.why).toContain('went straight from the director to rs1');
  });
});

describe('replies and ARP', () => {
  it('a reply by way of the director breaks the promise of DR', () => {
    const found = verdict(drPlan(), 'replies-bypass-director', (s) => {
      s.hop('client/eth0', 'director/eth0', segment('10.0.0.2:40000', '10.0.0.100:80', SYN));
      s.hop('director/eth0', 'rs1/eth0', segment('10.0.0.2:40000', '10.0.0.100:80', SYN, { ttl: 63 }));
      s.hop('rs1/eth0', 'director/eth0', segment('10.0.0.100:80', '10.0.0.2:40000', SYN_ACK));
    });
    expect(found.outcome).toBe('fail');
    expect(found.why).toContain('the SYN-ACK went rs1 eth0 → director eth0, by way of the director');
    expect(found.evidence.map((e) => e.node)).toEqual(['rs1']);
  });

  it('nobody answers for the VIP', () => {
    const found = verdict(drPlan(), 'one-arp-owner', (s) => {
      s.whoHas('client/eth0', '10.0.0.100');
    });
    expect(found).toMatchObject({ outcome: 'fail' });
    expect(found.why).toContain('asked for 10.0.0.100 and no one answered');
  });

  it('a server that asks with the VIP as its own address poisons its neighbours', () => {
    const found = verdict(drPlan(), 'one-arp-owner', (s) => {
      s.whoHas('client/eth0', '10.0.0.100');
      s.isAt('director/eth0', 'client/eth0', '10.0.0.100');
      s.whoHas('rs2/eth0', '10.0.0.2', '10.0.0.100');
    });
    expect(found.outcome).toBe('fail');
    expect(found.why).toContain('rs2 with 02:00:00:00:01:0c (as the sender of a question)');
  });

  it('one owner, and both servers heard the question', () => {
    const found = verdict(drPlan(), 'one-arp-owner', (s) => {
      s.whoHas('client/eth0', '10.0.0.100');
      s.isAt('director/eth0', 'client/eth0', '10.0.0.100');
    });
    expect(found).toMatchObject({
      outcome: 'pass',
      why: 'only 02:00:00:00:01:01 (director) answers for 10.0.0.100; rs1 and rs2 saw the question and kept silent',
    });
  });
});
