import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import { Reader } from '../../../src/proof/bytes.ts';
import { decode } from '../../../src/proof/packets.ts';
import { packetText } from '../../../src/proof/packet-text.ts';
import { walks } from '../../../src/proof/path.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { resolutionOf } from '../../../src/proof/resolution.ts';
import { judge } from '../../../src/proof/verdict.ts';
import { describeWalk } from '../../../src/proof/walk.ts';
import { shipped } from '../plan/labs.ts';
import { bytes, ethernet, mac, u16 } from './build.ts';
import { captured, healthy } from './captured.ts';
import type { Observation } from '../../../src/proof/types.ts';

const VIP = '2001:db8:1::100';

/** Verdicts on one service, by kind of claim. */
function verdicts(plan: Plan, lab: string, vip = VIP, observations = captured(lab)) {
  const claims = claimsFor(plan).filter((claim) => claim.service.vip === vip);
  return judge(plan, claims, observations, healthy(lab));
}

function outcomes(plan: Plan, lab: string, vip = VIP, observations?: Observation[]) {
  return verdicts(plan, lab, vip, observations).map((v) => `${v.claim.kind} ${v.outcome}`);
}

describe('real captures of IPv6 labs', () => {
  it.each([
    ['nat6', 'nat6', VIP, 'request-rewritten reply-from-vip replies-pass-director gateway-is-director'],
    ['tun6', 'tun6', VIP, 'request-encapsulated reply-from-vip replies-bypass-director servers-elsewhere'],
    ['dr6', 'dr6', VIP, 'request-redirected reply-from-vip replies-bypass-director one-neighbour-owner'],
    [
      'tun-mixed',
      'tun-6in4',
      VIP,
      'request-encapsulated reply-from-vip replies-bypass-director servers-elsewhere',
    ],
    [
      'tun-mixed',
      'tun-4in6',
      '203.0.113.100',
      'request-encapsulated reply-from-vip replies-bypass-director servers-elsewhere',
    ],
  ])('%s keeps every promise (%s)', (topology, lab, vip, kinds) => {
    expect(outcomes(shipped(topology), lab, vip)).toEqual(kinds.split(' ').map((kind) => `${kind} pass`));
    for (const { packet } of captured(lab)) expect(packet.problem).toBeUndefined();
  });

  it('dr6: two nodes that answer neighbour solicitations are found out, with the advertisement', () => {
    const found = verdicts(shipped('dr6'), 'dr6-two-owners').find(
      (v) => v.claim.kind === 'one-neighbour-owner',
    );
    expect(found?.outcome).toBe('fail');
    expect(found?.why).toBe(`${VIP} is claimed by neighbour discovery also by rs1 with 02:00:00:01:00:03`);
    expect(found?.evidence.map((e) => e.text)).toEqual([
      expect.stringContaining(`NA ${VIP} is-at 02:00:00:01:00:03`),
    ]);
  });

  it('dr6: a server that did not see the question proves nothing by its silence', () => {
    const blind = captured('dr6').filter(
      (o) => o.node !== 'rs1' || resolutionOf(o.packet)?.operation !== 'question',
    );
    expect(outcomes(shipped('dr6'), 'dr6', VIP, blind)).toContain('one-neighbour-owner unknown');
  });

  it('dr6: a real server that asks with the VIP as its address teaches its neighbours a MAC', () => {
    const plan = shipped('dr6');
    const question = solicitation(VIP, '2001:db8:1::101', '02:00:00:01:00:03');
    const asking = ['rs1', 'rs2', 'client', 'director'].map((node): Observation => ({
      node,
      device: 'eth0',
      time: 0,
      packet: decode(question, 1),
    }));
    const found = verdicts(plan, 'dr6', VIP, [...captured('dr6'), ...asking]).at(-1);
    expect(found?.outcome).toBe('fail');
    expect(found?.why).toContain('rs1 with 02:00:00:01:00:03 (as the sender of a question)');
  });

  it('nat6: without forwarding the trail ends at the director', () => {
    const found = verdicts(shipped('nat6'), 'nat6-no-forward').find((v) => v.claim.kind === 'reply-from-vip');
    expect(found?.outcome).toBe('fail');
    expect(found?.why).toMatch(/director eth1 and no further \(2 of 2 connections/);
  });

  it('tun6: a tunnel that is down says so by ICMPv6', () => {
    const found = verdicts(shipped('tun6'), 'tun6-down').find((v) => v.claim.kind === 'reply-from-vip');
    expect(found?.outcome).toBe('fail');
    expect(found?.why).toContain('rs1 sent ICMPv6 port unreachable for 6in6');
    expect(found?.why).not.toContain('rp_filter');
  });

  it('tun6: an outer packet from the VIP, which the real server has too, breaks the promise', () => {
    const plan = shipped('tun6');
    const spoiled = captured('tun6').map((o) => {
      const outer = o.packet.ip;
      return outer?.inner === undefined
        ? o
        : { ...o, packet: { ...o.packet, ip: { ...outer, source: VIP } } };
    });
    const [found] = verdicts(plan, 'tun6', VIP, spoiled);
    expect(found?.outcome).toBe('fail');
    expect(found?.why).toContain(`gave the outer packet the VIP ${VIP} as source`);
  });

  it('a hop limit that IPVS lowers by more than one is a change', () => {
    const spoiled = captured('dr6').map((o) => {
      const { ip, link } = o.packet;
      const forwarded = link?.source === '02:00:00:01:00:02' && ip?.tcp?.destination === 80;
      return forwarded ? { ...o, packet: { ...o.packet, ip: { ...ip, ttl: ip.ttl - 1 } } } : o;
    });
    const [found] = verdicts(shipped('dr6'), 'dr6', VIP, spoiled);
    expect(found?.why).toContain('changed the packet itself: ip ttl 64 → 62');
  });

  it('a walk writes hop limits, and addresses with ports in brackets', () => {
    const [walk] = walks(shipped('tun6'), captured('tun6'));
    if (walk === undefined) throw new Error('no walk');
    const [first, second, third] = describeWalk(walk).map((line) => line.text);
    expect(first).toMatch(
      /^SYN +client eth0 → director eth0 +\[2001:db8:1::101\]:\d+ → \[2001:db8:1::100\]:80 +hlim 64 /,
    );
    expect(second).toMatch(/in 6in6\* 2001:db8:1::1\* → 2001:db8:2::1[12]\* hlim 63\* +hlim 63\*/);
    expect(third).toMatch(/in 6in6 2001:db8:1::1 → 2001:db8:2::1[12] hlim 62\* +hlim 63 /);
  });
});

describe('what is left of a connection that began before the captures', () => {
  it('is not judged', () => {
    const plan = shipped('dr6');
    const all = captured('dr6');
    const [first] = walks(plan, all);
    // All but the opening of the first connection, and nothing at the client, as when its capture starts last.
    const late = all.filter((o) => {
      const tcp = o.packet.ip?.tcp;
      const own = [tcp?.source, tcp?.destination].includes(first?.client.port);
      return !own || (o.node !== 'client' && !tcp?.flags.includes('SYN'));
    });
    expect(walks(plan, late).length).toBe(2);
    const found = verdicts(plan, 'dr6', VIP, late).find((v) => v.claim.kind === 'reply-from-vip');
    expect(found?.outcome).toBe('unknown');
    expect(found?.why).toMatch(/^1 connection kept it, but none went to rs[12]$/);
  });
});

describe('neighbour discovery', () => {
  const MAC = '02:00:00:01:00:03';

  it('is read as ARP is: who asks whom, and what neighbours learn', () => {
    expect(resolutionOf(decode(solicitation('2001:db8:1::11', VIP, MAC), 1))).toEqual({
      protocol: 'neighbour discovery',
      operation: 'question',
      target: VIP,
      sender: { address: '2001:db8:1::11', mac: MAC },
      toAll: true,
      claim: { address: '2001:db8:1::11', mac: MAC },
    });
    const answer = resolutionOf(decode(advertisement(VIP, MAC, true), 1));
    expect(answer).toMatchObject({ operation: 'answer', target: VIP, claim: { address: VIP, mac: MAC } });
    // Without the option, the frame tells.
    expect(resolutionOf(decode(advertisement(VIP, MAC, false), 1))?.claim).toEqual({
      address: VIP,
      mac: MAC,
    });
  });

  it('claims nothing where duplicate address detection asks', () => {
    expect(resolutionOf(decode(solicitation('::', VIP, MAC), 1))).not.toHaveProperty('claim');
  });

  it('has its own words', () => {
    expect(packetText(decode(solicitation('2001:db8:1::11', VIP, MAC), 1))).toMatch(
      /^NS who-has 2001:db8:1::100 tell 2001:db8:1::11 \(02:00:00:01:00:03\)/,
    );
    expect(packetText(decode(advertisement(VIP, MAC, true), 1))).toMatch(/^NA 2001:db8:1::100 is-at 02:00/);
  });
});

it('addresses are written as the plan writes them', () => {
  let state = 1;
  for (let i = 0; i < 2000; i++) {
    const raw = Uint8Array.from({ length: 16 }, () => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      // Mostly zeros, so that every run of them occurs.
      return state % 7 < 5 ? 0 : (state >> 8) & 0xff;
    });
    const wanted = (ipaddr.fromByteArray([...raw]) as ipaddr.IPv6).toRFC5952String();
    expect(new Reader(raw).ipv6('test')).toBe(wanted);
  }
});

function ipv6Address(text: string): number[] {
  return ipaddr.IPv6.parse(text).toByteArray();
}

function icmp6(source: string, destination: string, message: Uint8Array): Uint8Array {
  return bytes(
    0x60,
    0,
    0,
    0,
    u16(message.length),
    58,
    255,
    ipv6Address(source),
    ipv6Address(destination),
    message,
  );
}

/** A neighbour solicitation to everybody, with the sender's MAC in it where it has an address. */
function solicitation(source: string, target: string, sender: string): Uint8Array {
  const option = source === '::' ? [] : [1, 1, ...mac(sender)];
  const message = bytes(135, 0, 0, 0, 0, 0, 0, 0, ipv6Address(target), option);
  return ethernet(sender, '33:33:ff:00:01:00', 0x86dd, icmp6(source, 'ff02::1:ff00:100', message));
}

function advertisement(target: string, sender: string, withOption: boolean): Uint8Array {
  const option = withOption ? [2, 1, ...mac(sender)] : [];
  const message = bytes(136, 0, 0, 0, 0x60, 0, 0, 0, ipv6Address(target), option);
  return ethernet(sender, '02:00:00:01:00:01', 0x86dd, icmp6(target, '2001:db8:1::101', message));
}
