import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import { user } from './cli.ts';

interface TestReport {
  checks: Check[];
}

/** A cause that is broken on a running lab, what must be seen of it, and its fix. */
interface Control {
  name: string;
  node: string;
  breaks: string;
  fixes: string;
  /** Claims that must fail, as `SERVICE CLAIM`, or only `CLAIM` where the lab has one service. */
  fails: string[];
  /** Claims that may fail besides: what a neighbour learns decides. */
  may?: string[];
  /** What the first failed claim, or its packets, must say. */
  says: RegExp;
}

const VIP = '2001:db8:1::100';
const missing = (device: string): Control => ({
  name: 'the VIP missing on a real server',
  node: 'rs1',
  breaks: `ip addr del ${VIP}/128 dev ${device}`,
  fixes: `ip addr add ${VIP}/128 dev ${device}`,
  fails: ['reply-from-vip'],
  says: /arrived at rs1 eth0/,
});

const LABS: Record<string, { claims: string[]; controls: Control[] }> = {
  nat6: {
    claims: ['request-rewritten', 'reply-from-vip', 'replies-pass-director', 'gateway-is-director'],
    controls: [
      {
        name: 'forwarding off',
        node: 'director',
        breaks: 'sysctl -qw net.ipv6.conf.all.forwarding=0',
        fixes: 'sysctl -qw net.ipv6.conf.all.forwarding=1',
        fails: ['reply-from-vip'],
        says: /director eth1 and no further: net\.ipv6\.conf\.all\.forwarding is 0 on director/,
      },
      {
        name: 'a wrong gateway',
        node: 'rs1',
        breaks: 'ip route replace default via 2001:db8:2::12',
        fixes: 'ip route replace default via 2001:db8:2::1',
        fails: ['reply-from-vip', 'replies-pass-director', 'gateway-is-director'],
        says: /rs1 eth0 → rs2 eth0/,
      },
    ],
  },
  tun6: {
    claims: ['request-encapsulated', 'reply-from-vip', 'replies-bypass-director', 'servers-elsewhere'],
    controls: [
      {
        name: 'the tunnel down',
        node: 'rs1',
        breaks: 'ip link set ip6tnl0 down',
        fixes: 'ip link set ip6tnl0 up',
        fails: ['reply-from-vip'],
        says: /rs1 sent ICMPv6 port unreachable for 6in6/,
      },
      missing('lo'),
      {
        // The route is set again because the kernel keeps the source that it once chose for it.
        name: "the director's VIP not deprecated",
        node: 'director',
        breaks: `ip addr change ${VIP}/128 dev eth0 preferred_lft forever; ip route replace default via 2001:db8:1::254`,
        fixes: `ip addr change ${VIP}/128 dev eth0 preferred_lft 0; ip route replace default via 2001:db8:1::254`,
        fails: ['request-encapsulated', 'reply-from-vip'],
        says: /gave the outer packet the VIP 2001:db8:1::100 as source/,
      },
    ],
  },
  dr6: {
    claims: ['request-redirected', 'reply-from-vip', 'replies-bypass-director', 'one-neighbour-owner'],
    controls: [
      missing('lo'),
      {
        name: 'the VIP on an interface, so that two nodes answer',
        node: 'rs1',
        breaks: `ip addr add ${VIP}/128 dev eth0`,
        fixes: `ip addr del ${VIP}/128 dev eth0`,
        fails: ['one-neighbour-owner'],
        may: ['request-redirected', 'reply-from-vip'],
        says: /NA 2001:db8:1::100 is-at 02:00:00:01:00:03/,
      },
      {
        name: 'the wrong forwarding method',
        node: 'director',
        breaks: `ipvsadm -e -t [${VIP}]:80 -r [2001:db8:1::11]:80 -m`,
        fixes: `ipvsadm -e -t [${VIP}]:80 -r [2001:db8:1::11]:80 -g`,
        fails: ['request-redirected', 'reply-from-vip'],
        says: /changed the destination from \[2001:db8:1::100\]:80 to \[2001:db8:1::11\]:80: that is NAT/,
      },
    ],
  },
  dual: {
    claims: ['192.0.2.100:80', `[${VIP}]:80`].flatMap((service) =>
      ['request-redirected', 'reply-from-vip', 'replies-bypass-director']
        .concat(service.startsWith('[') ? 'one-neighbour-owner' : 'one-arp-owner')
        .map((claim) => `${service} ${claim}`),
    ),
    controls: [
      {
        name: 'ARP not suppressed, which IPv6 does not care for',
        node: 'rs1',
        breaks: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0',
        fixes: 'sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
        fails: ['192.0.2.100:80 one-arp-owner'],
        may: ['192.0.2.100:80 request-redirected', '192.0.2.100:80 reply-from-vip'],
        says: /ARP 192\.0\.2\.100 is-at/,
      },
      {
        ...missing('lo'),
        name: 'the IPv6 VIP missing on a real server, which IPv4 does not care for',
        fails: [`[${VIP}]:80 reply-from-vip`],
      },
    ],
  },
  'tun-mixed': {
    claims: [`[${VIP}]:80`, '203.0.113.100:80'].flatMap((service) =>
      ['request-encapsulated', 'reply-from-vip', 'replies-bypass-director', 'servers-elsewhere'].map(
        (claim) => `${service} ${claim}`,
      ),
    ),
    controls: [
      {
        name: "IPv4's tunnel for IPv6 down",
        node: 'rs1',
        breaks: 'ip link set sit0 down',
        fixes: 'ip link set sit0 up',
        fails: [`[${VIP}]:80 reply-from-vip`],
        says: /rs1 sent ICMP (protocol|port) unreachable for 6in4/,
      },
      {
        name: "IPv6's tunnel for IPv4 down",
        node: 'rs1',
        breaks: 'ip link set ip6tnl0 down',
        fixes: 'ip link set ip6tnl0 up',
        fails: ['203.0.113.100:80 reply-from-vip'],
        says: /rs1 sent ICMPv6 port unreachable for 4in6/,
      },
    ],
  },
};

/** Verdicts on packets, by what a control calls them. */
function claimsOf({ checks }: TestReport): { name: string; check: Check }[] {
  const own = checks.filter((check) => check.id.includes('/'));
  const services = new Set(own.map((check) => check.id.split('/')[1]));
  return own.map((check) => {
    const [, service = '', claim = ''] = check.id.split(' ')[0]?.split('/') ?? [];
    return { name: services.size > 1 ? `${service} ${claim}` : claim, check };
  });
}

describe.each(Object.entries(LABS))('the promises of %s', (topology, { claims, controls }) => {
  const { lab, on, json } = user(`ipv6-${topology}`);
  beforeAll(async () => {
    const up = await lab(['up', topology]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', topology]);
  });

  it('are kept, with large transfers both ways and no check left unknown', async () => {
    const report = await json<TestReport>(['test', topology]);
    expect(report.checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect(claimsOf(report).map(({ name }) => name)).toEqual(claims);
    expect(report.checks.filter((check) => check.id.startsWith('transfers'))).not.toEqual([]);
  });

  it.each(controls)(
    'fail for $name, and are kept again after the fix',
    async ({ node, breaks, fixes, fails, may, says }) => {
      await on(node, breaks);
      const broken = await lab(['test', topology, '--json']);
      const found = claimsOf(JSON.parse(broken.stdout) as TestReport);
      expect(broken.code).toBe(1);
      const failed = found.filter(({ check }) => check.outcome === 'fail');
      const names = failed.map(({ name }) => name);
      expect(names, JSON.stringify(failed, null, 1)).toEqual(expect.arrayContaining(fails));
      expect(names.filter((name) => ![...fails, ...(may ?? [])].includes(name))).toEqual([]);
      const told = failed.filter(({ name }) => fails.includes(name)).map(({ check }) => check);
      expect(told.map((check) => [check.detail, ...check.evidence].join('\n')).join('\n')).toMatch(says);

      await on(node, fixes);
      const fixed = await lab(['test', topology]);
      expect(fixed.code, fixed.stdout).toBe(0);
    },
  );
});

describe('what the plan sets in IPv6', () => {
  const { lab, on, json } = user('ipv6-options');
  beforeAll(async () => {
    const up = await lab(['up', 'tun6']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', 'tun6']);
  });

  it('makes an address of use at once; with accept_dad it is tentative first', async () => {
    const tentative = (address: string) =>
      on('client', `ip addr add ${address}/64 dev eth0; ip -6 -o addr show dev eth0 tentative`);
    expect(await tentative('2001:db8:1::a')).toBe('');
    await on('client', 'sysctl -qw net.ipv6.conf.eth0.accept_dad=1');
    expect(await tentative('2001:db8:1::b')).toContain('2001:db8:1::b/64');
    await on(
      'client',
      'sysctl -qw net.ipv6.conf.eth0.accept_dad=0; for a in a b; do ip addr del 2001:db8:1::$a/64 dev eth0; done',
    );
  });

  it('announces segments that fit through the tunnel, so that nobody needs "packet too big"', async () => {
    const uploads = async () => {
      const { checks } = await json<TestReport>(['test', 'tun6']);
      return checks.find((check) => check.id === 'transfers');
    };
    const routes = (options: string) =>
      Promise.all(
        ['rs1', 'rs2'].map((node) => on(node, `ip route replace default via 2001:db8:2::254 ${options}`)),
      );
    await on(
      'client',
      'tc qdisc add dev eth0 clsact; tc filter add dev eth0 ingress protocol ipv6 flower ip_proto icmpv6 type 2 action drop',
    );
    expect((await uploads())?.outcome).toBe('pass');
    await routes('');
    const hangs = await uploads();
    expect(hangs?.outcome).toBe('fail');
    expect(hangs?.detail).toMatch(/^upload 0(\.\d)? of 5 MB/);
    await routes('advmss 1400');
    expect((await uploads())?.outcome).toBe('pass');
  });
});
