import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  /** Checks that must fail, by the last part of their name, and what each must say; no other check may. */
  fails: Record<string, RegExp>;
}

const STOP = 'kill $(cat /run/dns.pid); while [ -e /run/dns.pid ]; do sleep 0.05; done';
const START = 'dnsmasq -C /etc/dns.conf';

const STOPPED: Control = {
  name: 'a DNS server stopped',
  node: 'rs1',
  breaks: STOP,
  fixes: START,
  fails: {
    answers: /Connection refused/,
    'reply-from-vip': /rs1 refused the datagram.*nothing listens on udp port 53 of rs1/,
  },
};

/** Answers from whatever address the kernel picks, as a server does that is bound to none. */
const UNBOUND: Omit<Control, 'fails'> = {
  name: 'a server that is not bound to the VIP',
  node: 'rs1',
  breaks: `${STOP}; setsid socat UDP4-RECVFROM:53,fork EXEC:cat </dev/null >/dev/null 2>&1 & echo $! >/run/unbound.pid; until ss -lun | grep -q '0.0.0.0:53 '; do sleep 0.05; done`,
  fixes: `kill $(cat /run/unbound.pid); while ss -lun | grep -q '0.0.0.0:53 '; do sleep 0.05; done; ${START}`,
};

const LABS: { name: string; yaml: string; checks: string[]; controls: Control[] }[] = [
  {
    name: 'nat',
    yaml: `lvslab: 1
mode: nat
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes: { client: { on: front }, director: { on: [front, back] }, rs: { on: back, count: 2 } }
services: [{ vip: 203.0.113.100, protocol: udp }]
`,
    checks: ['request-rewritten', 'reply-from-vip', 'replies-pass-director', 'gateway-is-director'],
    controls: [
      STOPPED,
      {
        name: 'a wrong gateway',
        node: 'rs1',
        breaks: 'ip route replace default via 10.0.0.12',
        fixes: 'ip route replace default via 10.0.0.1',
        fails: {
          answers: /no answer within/,
          'reply-from-vip': /rs1/,
          'replies-pass-director': /past the director/,
          'gateway-is-director': /rs1 sends its replies to .*rs2/,
        },
      },
      {
        // The file refuses the pair; ipvsadm does not.
        name: 'one-packet scheduling',
        node: 'director',
        breaks: 'ipvsadm -E -u 203.0.113.100:53 -s rr -o',
        fixes: 'ipvsadm -E -u 203.0.113.100:53 -s rr',
        fails: {
          table: /has one-packet yes \(planned: none\)/,
          answers: /no answer within/,
          'reply-from-vip': /answered from 10\.0\.0\.1[12]:53 instead of 203\.0\.113\.100:53/,
        },
      },
    ],
  },
  {
    name: 'tun',
    yaml: `lvslab: 1
mode: tun
networks: { front: 203.0.113.0/24, far: 198.51.100.0/24 }
nodes: { client: { on: front }, director: { on: front }, router: { on: [front, far] }, rs: { on: far, count: 2 } }
services: [{ vip: 203.0.113.100, protocol: udp }]
`,
    checks: ['request-encapsulated', 'reply-from-vip', 'replies-bypass-director', 'servers-elsewhere'],
    controls: [
      {
        name: 'the tunnel down',
        node: 'rs1',
        breaks: 'ip link set tunl0 down',
        fixes: 'ip link set tunl0 up',
        fails: { answers: /^\d+ of/, 'reply-from-vip': /tunl0 is down on rs1/ },
      },
      {
        name: 'rp_filter on',
        node: 'rs1',
        breaks: 'sysctl -qw net.ipv4.conf.tunl0.rp_filter=1',
        fixes: 'sysctl -qw net.ipv4.conf.tunl0.rp_filter=0',
        fails: {
          answers: /no answer within/,
          'reply-from-vip': /arrived at rs1 eth0.*rp_filter is 1 on rs1 tunl0/,
        },
      },
      {
        ...UNBOUND,
        fails: {
          answers: /no answer within/,
          'reply-from-vip': /answered from 198\.51\.100\.11:53 instead of 203\.0\.113\.100:53/,
        },
      },
    ],
  },
  {
    name: 'udp',
    yaml: '',
    checks: ['request-redirected', 'reply-from-vip', 'replies-bypass-director', 'one-arp-owner'],
    controls: [
      STOPPED,
      {
        ...UNBOUND,
        fails: {
          answers: /no answer within/,
          'reply-from-vip': /answered from 192\.0\.2\.11:53 instead of 192\.0\.2\.100:53/,
        },
      },
      {
        name: 'one-packet scheduling',
        node: 'director',
        breaks: 'ipvsadm -E -u 192.0.2.100:53 -s rr -o',
        fixes: 'ipvsadm -E -u 192.0.2.100:53 -s rr',
        fails: {
          table: /has one-packet yes \(planned: none\)/,
          'one-port': /to rs[12] and rs[12], but all should go where the first one went/,
          director: /ipvsadm knows 0 of 16 datagrams/,
        },
      },
    ],
  },
  {
    name: 'udp-one-packet',
    yaml: '',
    checks: ['request-redirected', 'reply-from-vip', 'replies-bypass-director', 'one-arp-owner'],
    controls: [
      {
        name: 'the option taken away',
        node: 'director',
        breaks: 'ipvsadm -E -u 192.0.2.100:53 -s rr',
        fixes: 'ipvsadm -E -u 192.0.2.100:53 -s rr -o',
        fails: {
          table: /has one-packet none \(planned: yes\)/,
          'one-port': /rs[12] 8, rs[12] 0|rs[12] 0, rs[12] 8/,
          director: /keeps 9 connection entries, and one-packet scheduling keeps none/,
        },
      },
    ],
  },
];

const nameOf = (check: Check) => check.id.split('/').at(-1) ?? '';

describe.each(LABS)('UDP: $name', ({ name, yaml, checks, controls }) => {
  const { lab, on, json } = user(`udp-${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-udp-'));

  beforeAll(async () => {
    const file = join(folder, `${name}.yaml`);
    if (yaml !== '') writeFileSync(file, yaml);
    const up = await lab(['up', yaml === '' ? name : file]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', '--all']);
    rmSync(folder, { recursive: true });
  });

  it('keeps every promise, by datagrams', async () => {
    const report = await json<TestReport>(['test', name]);
    expect(report.checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect(report.checks.map(nameOf)).toEqual([
      'table',
      'answers',
      'distribution',
      'one-port',
      'director',
      ...checks,
    ]);
    expect(report.checks.at(-3)?.detail).toContain('16 datagrams, to rs1 and rs2');
    const onePort = report.checks.find((check) => check.id === 'one-port')?.detail;
    expect(onePort).toMatch(name === 'udp-one-packet' ? /rs1 4, rs2 4/ : /: to rs[12], all where the first/);
  });

  it('follows a datagram', async () => {
    const traced = await lab(['trace', name]);
    expect(traced.code, traced.stderr).toBe(0);
    expect(traced.stdout).toMatch(/^one datagram to \S+:53\/udp: answered by rs[12]\n/);
    expect(traced.stdout).toMatch(/\n24-byte datagram +client eth0 → director eth0 /);
    expect(traced.stdout).not.toContain('✘');
  });

  it('answers drill', async () => {
    expect(await on('client', 'drill @vip whoami txt')).toMatch(/^whoami\.\s+0\s+IN\s+TXT\s+"rs[12]"$/m);
    expect(await on('client', 'drill @vip whoami')).toMatch(/^whoami\.\s+0\s+IN\s+A\s+\S+\.1[12]$/m);
  });

  it.each(controls)(
    'fails for $name, and passes again after the fix',
    async ({ node, breaks, fixes, fails }) => {
      await on(node, breaks);
      const broken = await lab(['test', name, '--json']);
      await on(node, fixes);
      expect(broken.code, broken.stderr).toBe(1);
      const failed = (JSON.parse(broken.stdout) as TestReport).checks.filter((c) => c.outcome === 'fail');
      expect(failed.map(nameOf).sort()).toEqual(Object.keys(fails).sort());
      for (const check of failed) expect(check.detail).toMatch(fails[nameOf(check)] ?? /^$/);
      const fixed = await lab(['test', name]);
      expect(fixed.code, fixed.stdout).toBe(0);
    },
    // Every datagram that is not answered is waited for.
    300_000,
  );
});
