import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import type { Claim } from '../../../src/proof/claims.ts';
import type { CaptureHealth } from '../../../src/proof/evidence.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { judge, type Verdict } from '../../../src/proof/verdict.ts';
import { captured, healthy } from './captured.ts';
import { drPlan, natPlan, tunPlan } from './plans.ts';
import type { Observation } from '../../../src/proof/types.ts';

function verdicts(
  plan: Plan,
  observations: Observation[],
  captures: CaptureHealth[],
): Record<Claim['kind'], Verdict> {
  // A claim that is broken in several ways has further verdicts: here it is about the first.
  return Object.fromEntries(
    judge(plan, claimsFor(plan), observations, captures)
      .filter((v) => v.id === v.claim.id)
      .map((v) => [v.claim.kind, v]),
  ) as Record<Claim['kind'], Verdict>;
}

function ofLab(plan: Plan, lab: string) {
  return verdicts(plan, captured(lab), healthy(lab));
}

function outcomes(all: Record<string, Verdict>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).map(([kind, v]) => [kind, v.outcome]));
}

const NAT = {
  'request-rewritten': 'pass',
  'reply-from-vip': 'pass',
  'replies-pass-director': 'pass',
  'gateway-is-director': 'pass',
};
const TUN = {
  'request-encapsulated': 'pass',
  'reply-from-vip': 'pass',
  'replies-bypass-director': 'pass',
  'servers-elsewhere': 'pass',
};
const DR = {
  'request-redirected': 'pass',
  'reply-from-vip': 'pass',
  'replies-bypass-director': 'pass',
  'one-arp-owner': 'pass',
};

describe('real captures of labs that work', () => {
  it.each([
    ['nat', natPlan(), NAT],
    ['tun-ipip', tunPlan('ipip'), TUN],
    ['tun-gre', tunPlan('gre'), TUN],
    ['tun-gue', tunPlan('gue'), TUN],
    ['tun-upload', tunPlan('ipip'), TUN],
    ['dr', drPlan(), DR],
    ['dr-large', drPlan(), DR],
  ])('%s keeps every promise', (lab, plan, expected) => {
    expect(outcomes(ofLab(plan, lab))).toEqual(expected);
  });

  it('names packets, nodes and counts', () => {
    const verdict = ofLab(natPlan(), 'nat')['request-rewritten'];
    expect(verdict.why).toBe(
      'destination 192.0.2.100:80 became 10.0.0.11:8080, source 192.0.2.2 stayed (2 connections, to rs1 and rs2)',
    );
    expect(verdict.evidence.at(-1)).toMatchObject({ node: 'rs1', device: 'eth0' });
    expect(verdict.evidence.at(-1)?.text).toBe(
      'rs1 eth0  192.0.2.2:48842 > 10.0.0.11:8080 [SYN] ttl 63 mac 02:00:00:00:02:01 → 02:00:00:00:02:0b',
    );
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });
});

describe('real captures of labs in which one thing was broken', () => {
  it.each([
    [
      'nat-wrong-gateway',
      natPlan(),
      { ...NAT, 'reply-from-vip': 'fail', 'replies-pass-director': 'fail', 'gateway-is-director': 'fail' },
      'gateway-is-director',
      /^rs2 sends its replies to 02:00:00:00:02:fe \(router eth0\), not to the director/,
    ],
    [
      'nat-wrong-gateway',
      natPlan(),
      { ...NAT, 'reply-from-vip': 'fail', 'replies-pass-director': 'fail', 'gateway-is-director': 'fail' },
      'reply-from-vip',
      /^client was answered from 10\.0\.0\.12:8080 instead of 192\.0\.2\.100:80: the SYN-ACK went rs2 eth0 → router eth0 → client eth0/,
    ],
    [
      'nat-no-forward',
      natPlan(),
      { ...NAT, 'reply-from-vip': 'fail' },
      'reply-from-vip',
      /^the SYN-ACK of rs2 went rs2 eth0 → director eth1 and no further \(2 of 2 connections, 1 to rs2 and 1 to rs1\)$/,
    ],
    [
      'nat-server-stopped',
      natPlan(),
      { ...NAT, 'reply-from-vip': 'fail' },
      'reply-from-vip',
      /^rs1 refused the connection \(RST\) to its port 8080 \(1 of 2 connections, to rs1\)$/,
    ],
    [
      'tun-down',
      tunPlan(),
      { ...TUN, 'reply-from-vip': 'fail', 'replies-bypass-director': 'unknown' },
      'reply-from-vip',
      /^the SYN arrived at rs2 eth0 and no answer left it; rs2 sent ICMP port unreachable for IPIP/,
    ],
    [
      'tun-rp-filter',
      tunPlan(),
      { ...TUN, 'reply-from-vip': 'fail', 'replies-bypass-director': 'unknown' },
      'reply-from-vip',
      /^the SYN arrived at rs2 eth0 and no answer left it \(2 of 2 connections/,
    ],
    [
      'dr-no-vip',
      drPlan(),
      { ...DR, 'reply-from-vip': 'fail', 'replies-bypass-director': 'unknown' },
      'reply-from-vip',
      /^the SYN goes round between director eth0 → rs1 eth0 → director eth0, \d+ times: rs1 passes it on/,
    ],
    [
      'dr-masquerading',
      drPlan(),
      { ...DR, 'request-redirected': 'fail', 'reply-from-vip': 'fail' },
      'request-redirected',
      /^director changed the destination from 10\.0\.0\.100:80 to 10\.0\.0\.12:80: that is NAT, not DR/,
    ],
    [
      'dr-arp',
      drPlan(),
      {
        'request-redirected': 'fail',
        'reply-from-vip': 'unknown',
        'replies-bypass-director': 'unknown',
        'one-arp-owner': 'fail',
      },
      'one-arp-owner',
      /^10\.0\.0\.100 is claimed by ARP also by rs2 with 02:00:00:00:01:0c and rs1 with 02:00:00:00:01:0b/,
    ],
    [
      'dr-arp',
      drPlan(),
      {
        'request-redirected': 'fail',
        'reply-from-vip': 'unknown',
        'replies-bypass-director': 'unknown',
        'one-arp-owner': 'fail',
      },
      'request-redirected',
      /^the SYN went client eth0 → rs2 eth0, past the director/,
    ],
  ] as const)('%s', (lab, plan, expected, kind, why) => {
    const all = ofLab(plan, lab);
    expect(outcomes(all)).toEqual(expected);
    expect(all[kind].why).toMatch(why);
    expect(all[kind].evidence.length).toBeGreaterThan(0);
  });

  it('sees that the packet of a server without the VIP goes round', () => {
    // Only the connection to rs1, which passes on what is not its own.
    const rs1 = captured('dr-no-vip').filter((o) => o.packet.ip?.tcp?.source !== 37762);
    expect(verdicts(drPlan(), rs1, healthy('dr-no-vip'))['reply-from-vip'].why).toMatch(
      /goes round between director eth0 → rs1 eth0 → director eth0, \d+ times: rs1 passes it on/,
    );
  });
});

describe('what could not be measured', () => {
  it('is unknown where nothing was captured', () => {
    for (const plan of [natPlan(), tunPlan(), drPlan()])
      expect(new Set(Object.values(outcomes(verdicts(plan, [], []))))).toEqual(new Set(['unknown']));
  });

  it('is unknown while a real server had no connection, which is named', () => {
    const rs2Only = captured('nat').filter(
      (o) => ![o.packet.ip?.tcp?.source, o.packet.ip?.tcp?.destination].includes(48842),
    );
    const all = verdicts(natPlan(), rs2Only, healthy('nat'));
    expect(new Set(Object.values(outcomes(all)))).toEqual(new Set(['unknown']));
    expect(all['request-rewritten'].why).toBe('1 connection kept it, but none went to rs1');
  });

  it('does not take the absence of replies for proof without a control packet', () => {
    const blind = captured('dr').filter((o) => o.node !== 'director' || o.packet.arp !== undefined);
    const verdict = verdicts(drPlan(), blind, healthy('dr'))['replies-bypass-director'];
    expect(verdict.outcome).toBe('unknown');
    expect(verdict.why).toContain('no capture on a director saw the request');
  });

  it('does not take the absence of replies for proof in a capture that lost packets', () => {
    const lossy = healthy('dr').map((c) => (c.node === 'director' ? { ...c, dropped: 3 } : c));
    const verdict = verdicts(drPlan(), captured('dr'), lossy)['replies-bypass-director'];
    expect(verdict.outcome).toBe('unknown');
    expect(verdict.why).toContain('the capture of director eth0 lost 3 packets');
    const damaged = healthy('dr').map((c) =>
      c.node === 'director' ? { ...c, damage: 'the file ends inside record 9' } : c,
    );
    expect(verdicts(drPlan(), captured('dr'), damaged)['replies-bypass-director'].outcome).toBe('unknown');
  });

  it.each([
    ['reply-from-vip', 'client'],
    ['replies-pass-director', 'rs1'],
    ['gateway-is-director', 'rs2'],
  ] as const)('does not say "every" (%s) where the capture of %s lost packets', (kind, node) => {
    const lossy = healthy('nat').map((c) => (c.node === node ? { ...c, dropped: 1 } : c));
    const all = verdicts(natPlan(), captured('nat'), lossy);
    expect(outcomes(all)).toEqual({ ...NAT, [kind]: 'unknown', ...alsoUnknown(node) });
  });

  function alsoUnknown(node: string): Record<string, string> {
    return node.startsWith('rs')
      ? { 'replies-pass-director': 'unknown', 'gateway-is-director': 'unknown' }
      : {};
  }

  it('does not blame a node whose capture is missing', () => {
    const unseen = captured('nat').filter((o) => !o.node.startsWith('rs'));
    const captures = healthy('nat').filter((c) => !c.node.startsWith('rs'));
    const verdict = verdicts(natPlan(), unseen, captures)['request-rewritten'];
    expect(verdict.outcome).toBe('unknown');
    expect(verdict.why).toMatch(/^rs2 eth0 was not captured/);
  });

  it('still fails on what was seen, whatever was lost', () => {
    const lossy = healthy('nat-wrong-gateway').map((c) => ({ ...c, dropped: 9 }));
    const all = verdicts(natPlan(), captured('nat-wrong-gateway'), lossy);
    expect(all['gateway-is-director'].outcome).toBe('fail');
    expect(all['reply-from-vip'].outcome).toBe('fail');
  });

  it('needs the servers to have seen the ARP question that they did not answer', () => {
    const deaf = captured('dr').filter((o) => o.node !== 'rs2' || o.packet.arp?.targetIp !== '10.0.0.100');
    const verdict = verdicts(drPlan(), deaf, healthy('dr'))['one-arp-owner'];
    expect(verdict.outcome).toBe('unknown');
    expect(verdict.why).toContain('rs2 never saw the question');
    const quiet = captured('dr').filter((o) => o.packet.arp === undefined);
    expect(verdicts(drPlan(), quiet, healthy('dr'))['one-arp-owner'].why).toContain('no one asked for');
  });
});
