import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import { user } from './cli.ts';

interface TestReport {
  outcome: string;
  checks: Check[];
}

/** A cause that is broken on a running lab, what must be seen of it, and its fix. */
interface Control {
  name: string;
  node: string;
  breaks: string;
  fixes: string;
  /** Claims that must fail, by the last part of their name; no other claim may. */
  fails: string[];
  /** What the failed claim, or its packets, must name. */
  names: RegExp;
}

const SERVICE_STOPPED: Control = {
  name: "a real server's service stopped",
  node: 'rs1',
  breaks: 'nginx -c /etc/nginx/lab.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done',
  fixes: 'nginx -c /etc/nginx/lab.conf',
  fails: ['reply-from-vip'],
  names: /rs1 refused the connection \(RST\).*nothing listens on tcp port \d+ of rs1/,
};

const controls: Record<string, Control[]> = {
  nat: [
    SERVICE_STOPPED,
    {
      name: 'a wrong gateway',
      node: 'rs1',
      breaks: 'ip route replace default via 10.0.0.12',
      fixes: 'ip route replace default via 10.0.0.1',
      fails: ['reply-from-vip', 'replies-pass-director', 'gateway-is-director'],
      names: /the route of rs1 to 203\.0\.113\.101 goes by 10\.0\.0\.12/,
    },
    {
      name: 'ip_forward off',
      node: 'director',
      breaks: 'sysctl -qw net.ipv4.ip_forward=0',
      fixes: 'sysctl -qw net.ipv4.ip_forward=1',
      fails: ['reply-from-vip'],
      names: /director eth1 and no further: net\.ipv4\.ip_forward is 0 on director \(/,
    },
  ],
  tun: [
    SERVICE_STOPPED,
    {
      name: 'the tunnel down',
      node: 'rs1',
      breaks: 'ip link set tunl0 down',
      fixes: 'ip link set tunl0 up',
      fails: ['reply-from-vip'],
      names: /tunl0 is down on rs1/,
    },
    {
      name: 'rp_filter on',
      node: 'rs1',
      breaks: 'sysctl -qw net.ipv4.conf.tunl0.rp_filter=1',
      fixes: 'sysctl -qw net.ipv4.conf.tunl0.rp_filter=0',
      fails: ['reply-from-vip'],
      names: /rp_filter is 1 on rs1 tunl0 \(by net\.ipv4\.conf\.tunl0\.rp_filter\)/,
    },
    {
      name: 'the VIP missing on a real server',
      node: 'rs1',
      breaks: 'ip addr del 203.0.113.100/32 dev tunl0',
      fixes: 'ip addr add 203.0.113.100/32 dev tunl0',
      fails: ['reply-from-vip'],
      names: /203\.0\.113\.100 is on no interface of rs1/,
    },
  ],
  dr: [
    SERVICE_STOPPED,
    {
      name: 'ARP not suppressed',
      node: 'rs1',
      breaks: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0',
      fixes: 'sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
      fails: ['one-arp-owner'],
      names: /arp_ignore is 0 on rs1 eth0, not 1; besides, arp_announce is 0 on rs1 eth0, not 2/,
    },
    {
      name: 'the VIP missing on a real server',
      node: 'rs1',
      breaks: 'ip addr del 192.0.2.100/32 dev lo',
      fixes: 'ip addr add 192.0.2.100/32 dev lo',
      fails: ['reply-from-vip'],
      names: /192\.0\.2\.100 is on no interface of rs1/,
    },
    {
      name: 'the wrong forwarding method',
      node: 'director',
      breaks: 'ipvsadm -e -t 192.0.2.100:80 -r 192.0.2.11 -m',
      fixes: 'ipvsadm -e -t 192.0.2.100:80 -r 192.0.2.11 -g',
      fails: ['request-redirected', 'reply-from-vip'],
      names: /192\.0\.2\.11|rs1/,
    },
  ],
};

/** Only the verdicts on packets: what the requests themselves came to is another matter. */
const claims = (report: TestReport) => report.checks.filter((check) => check.id.includes('/'));
const failed = (report: TestReport) =>
  claims(report)
    .filter((check) => check.outcome === 'fail')
    .map((check) => check.id.split('/').at(-1));

describe.each(Object.entries(controls))('the promises of %s', (mode, breaks) => {
  const { lab, on, json } = user(`modes-${mode}`);
  beforeAll(async () => {
    const up = await lab(['up', mode]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', mode]);
  });

  it('are kept, with no check left unknown', async () => {
    const report = await json<TestReport>(['test', mode]);
    expect(report.checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect(claims(report)).toHaveLength(4);
  });

  it.each(breaks)(
    'fail for $name, and are kept again after the fix',
    async ({ node, breaks, fixes, fails, names }) => {
      await on(node, breaks);
      const broken = await lab(['test', mode, '--json']);
      const report = JSON.parse(broken.stdout) as TestReport;
      expect(broken.code).toBe(1);
      // ARP may or may not have led a request astray by then; everything else is certain.
      expect(
        fails.every((claim) => failed(report).includes(claim)),
        JSON.stringify(claims(report), null, 1),
      ).toBe(true);
      const allowed = fails.includes('one-arp-owner')
        ? [...fails, 'request-redirected', 'reply-from-vip']
        : fails;
      expect(failed(report).filter((claim) => !allowed.includes(claim ?? ''))).toEqual([]);
      const culprit = claims(report).find((check) => check.outcome === 'fail');
      expect(`${culprit?.detail ?? ''} ${culprit?.evidence.join(' ') ?? ''}`).toMatch(names);
      // Its own promise, and at least one packet.
      expect(culprit?.evidence.length).toBeGreaterThan(1);

      await on(node, fixes);
      const fixed = await lab(['test', mode]);
      expect(fixed.code, fixed.stdout).toBe(0);
    },
  );
});

describe.each(['dr-router', 'tun-segment', 'tun-gue', 'tun-gre', 'full'])('the variant %s', (topology) => {
  const { lab, json } = user(`variant-${topology}`);
  it('comes up and keeps every promise', async () => {
    const up = await lab(['up', topology]);
    expect(up.code, up.stderr).toBe(0);
    const report = await json<TestReport>(['test', topology]);
    await lab(['down', topology]);
    expect(report.checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
  });
});
