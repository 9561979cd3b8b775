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

const notPassed = (report: TestReport) => report.checks.filter((check) => check.outcome !== 'pass');
const found = (report: TestReport, id: string | RegExp) =>
  report.checks.find((check) => (typeof id === 'string' ? check.id === id : id.test(check.id)));

describe('HTTP and HTTPS as one persistent service by mark', () => {
  const { lab, on, json } = user('mark');
  const vip = '203.0.113.100';
  const fixes = (lines: string) => on('director', lines);
  const report = async () => JSON.parse((await lab(['test', 'mark', '--json'])).stdout) as TestReport;

  beforeAll(async () => {
    const up = await lab(['up', 'mark']);
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toContain(`VIP ${vip}:443 tcp rr TLS mark 1 → rs1, rs2 (masquerading)`);
  });
  afterAll(async () => {
    await lab(['down', 'mark']);
  });

  it('keeps every promise, on both ports', async () => {
    const all = await json<TestReport>(['test', 'mark']);
    expect(notPassed(all)).toEqual([]);
    expect(found(all, 'mark-1')?.detail).toMatch(
      /^ports 80 and 443: client1 only (rs1, client2 only rs2|rs2, client2 only rs1)$/,
    );
    expect(found(all, `transfers ${vip}:443`)?.detail).toContain('5 MB down and 5 MB up');
    expect((await lab(['status', 'mark'])).stdout).toContain('everything is as the plan says');
    expect(await on('director', 'ipvsadm -Sn')).toBe(
      ['-A -f 1 -s rr -p 60', '-a -f 1 -r 10.0.0.11:0 -m -w 1', '-a -f 1 -r 10.0.0.12:0 -m -w 1'].join('\n'),
    );
  });

  it('ends TLS at the real server, with a certificate for the VIP', async () => {
    const said = await on(
      'client1',
      `curl -sk https://${vip}/; echo | openssl s_client -connect ${vip}:443 2>/dev/null | openssl x509 -noout -subject -ext subjectAltName`,
    );
    expect(said).toMatch(/^(rs[12])\nsubject=CN\s?=\s?\1\n/);
    expect(said).toContain(`IP Address:${vip}`);
  });

  it('follows a connection on either port', async () => {
    for (const port of [80, 443]) {
      const traced = await lab(['trace', 'mark', '--service', `${vip}:${port}`]);
      expect(traced.code, traced.stderr).toBe(0);
      expect(traced.stdout).toMatch(new RegExp(`^one connection to ${vip}:${port}: answered by rs[12]\n`));
      expect(traced.stdout).not.toContain('✘');
    }
  });

  it('can be put in place twice', async () => {
    const before = await on('director', 'tc filter show dev eth0 ingress; ipvsadm -Sn');
    const plan = (await lab(['plan', 'mark'])).stdout;
    const again = [...plan.matchAll(/^on director ((?:tc|ipvsadm -A|ipvsadm -a) .*)$/gm)].map((m) =>
      (m[1] ?? '').replace('-A', '-E').replace(' -a ', ' -e '),
    );
    expect(again.length).toBeGreaterThan(6);
    await on('director', again.join(' && '));
    const withoutCounts = (text: string) => text.replaceAll(/index \d+/g, '');
    expect(withoutCounts(await on('director', 'tc filter show dev eth0 ingress; ipvsadm -Sn'))).toBe(
      withoutCounts(before),
    );
  });

  it('fails where one port comes without its mark', async () => {
    await on('director', 'tc filter del dev eth0 ingress pref 2');
    const broken = await report();
    await fixes(
      `tc filter replace dev eth0 ingress protocol ip pref 2 handle 1 flower ip_proto tcp dst_ip ${vip} dst_port 443 action skbedit mark 1`,
    );
    expect(broken.outcome).toBe('fail');
    const others = notPassed(broken).filter(({ id }) => !id.includes(`${vip}:443`) && id !== 'mark-1');
    expect(others).toMatchObject([
      {
        id: 'table mark 1',
        detail: `mark 1: differs from the plan: mark 1 for ${vip}:443 on eth0 is missing`,
      },
    ]);
    expect(found(broken, `answers ${vip}:443`)).toMatchObject({ outcome: 'fail' });
    expect(found(broken, /443\/reply-from-vip/)?.detail).toContain(
      'director itself answered the request (RST): not as planned: mark eth0 rule 2 on director is missing',
    );
    expect((await report()).outcome).toBe('pass');
  });

  it('fails without persistence', async () => {
    await on('director', 'ipvsadm -E -f 1 -s rr');
    const broken = await report();
    await fixes('ipvsadm -E -f 1 -s rr -p 60');
    expect(found(broken, 'mark-1')).toMatchObject({ outcome: 'fail' });
    expect(found(broken, 'mark-1')?.detail).toContain('client1 and client2 came to several real servers');
    expect(found(broken, `distribution ${vip}:80`)?.outcome).toBe('fail');
    expect((await report()).outcome).toBe('pass');
  });

  it('fails where both ports are persistent services of their own', async () => {
    // Each with one real server, so that a client certainly comes to two.
    await on(
      'director',
      [
        'tc qdisc del dev eth0 clsact',
        ...[80, 443].map(
          (port, i) =>
            `ipvsadm -A -t ${vip}:${port} -s rr -p 60 && ipvsadm -a -t ${vip}:${port} -r 10.0.0.1${i + 1} -m`,
        ),
      ].join(' && '),
    );
    const broken = await report();
    expect(found(broken, 'mark-1')).toMatchObject({
      outcome: 'fail',
      detail: expect.stringMatching(
        /^client1 and client2 came to several real servers: ports 80 and 443 are not one persistent service \(rests on the director's table/,
      ) as string,
      evidence: ['client1 on 80: rs1', 'client1 on 443: rs2', 'client2 on 80: rs1', 'client2 on 443: rs2'],
    });
    await fixes(
      [
        ...[80, 443].map((port) => `ipvsadm -D -t ${vip}:${port}`),
        'tc qdisc replace dev eth0 clsact',
        ...[80, 443].map(
          (port, i) =>
            `tc filter replace dev eth0 ingress protocol ip pref ${i + 1} handle 1 flower ip_proto tcp dst_ip ${vip} dst_port ${port} action skbedit mark 1`,
        ),
      ].join(' && '),
    );
    expect((await report()).outcome).toBe('pass');
  });

  it('fails where a real server speaks no TLS', async () => {
    const restart = 'nginx -c /etc/nginx/lab.conf -s reload';
    await on('rs1', `sed -i 's/443 ssl/443/' /etc/nginx/lab.conf && ${restart}`);
    // The old workers end in their own time.
    for (let tries = 0; tries < 100; tries += 1)
      if ((await on('rs1', 'curl -sk -m 5 https://localhost/ || echo none')) === 'none') break;
    const broken = await report();
    await on('rs1', `sed -i 's/listen 443;/listen 443 ssl;/' /etc/nginx/lab.conf && ${restart}`);
    expect(found(broken, `answers ${vip}:80`)?.outcome).toBe('pass');
    expect(found(broken, `answers ${vip}:443`)).toMatchObject({ outcome: 'fail' });
    expect(found(broken, `answers ${vip}:443`)?.detail).toMatch(/8 of 16 requests .*(TLS|SSL)/);
    for (let tries = 0; tries < 100; tries += 1)
      if ((await on('rs1', 'curl -sk -m 5 https://localhost/ || echo none')) === 'rs1') break;
    expect((await report()).outcome).toBe('pass');
  });
});

/** Several services and VIPs on one director, by marks and without, over TCP and UDP, in TUN and in DR. */
const SEVERAL = (mode: string) => `lvslab: 1
mode: ${mode}
networks: { lan: 192.0.2.0/24 }
nodes: { client: { on: lan, count: 2 }, director: { on: lan }, rs: { on: lan, count: 2 } }
services:
  - { vip: 192.0.2.100, mark: 7, ports: [80, 53/udp, 53], persistence: 60 }
  - { vip: 192.0.2.110, mark: 8, ports: [8080, 8443/tls] }
  - { vip: 192.0.2.120, protocol: udp, port: 5353, one-packet: true }
  - { vip: 192.0.2.120 }
`;

describe.each([
  ['dr', '-g'],
  ['tun', '-i'],
])('several services by %s', (mode, method) => {
  const { lab, on, json } = user(`several-${mode}`);
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-several-'));
  const name = `several-${mode}`;

  beforeAll(async () => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, SEVERAL(mode));
    const up = await lab(['up', file]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', name]);
    rmSync(folder, { recursive: true });
  });

  it('keep every promise, each by itself', async () => {
    const all = await json<TestReport>(['test', name]);
    expect(notPassed(all)).toEqual([]);
    expect(found(all, 'mark-7')?.detail).toMatch(
      /^ports 80, 53\/udp and 53: client1 only rs[12], client2 only rs[12]$/,
    );
    expect(found(all, 'mark-8')?.detail).toMatch(
      /^ports 8080 and 8443, turn about: (rs[12] ){4}?.*: one round robin$/,
    );
    expect(found(all, 'one-port 192.0.2.120:5353/udp')?.detail).toContain('of each client: rs1 4, rs2 4');
    expect(found(all, 'transfers 192.0.2.100:53')).toBeUndefined();
    expect(new Set(all.checks.map((check) => check.id)).size).toBe(all.checks.length);
  });

  it('fail where udp and tcp do not share their persistence', async () => {
    await on(
      'director',
      `tc filter del dev eth0 ingress pref 2 && ipvsadm -A -u 192.0.2.100:53 -s rr -p 60 && ipvsadm -a -u 192.0.2.100:53 -r 192.0.2.11 ${method}`,
    );
    const broken = JSON.parse((await lab(['test', name, '--json'])).stdout) as TestReport;
    await on(
      'director',
      'ipvsadm -D -u 192.0.2.100:53 && tc filter replace dev eth0 ingress protocol ip pref 2 handle 1 flower ip_proto udp dst_ip 192.0.2.100 dst_port 53 action skbedit mark 7',
    );
    expect(found(broken, 'mark-7')).toMatchObject({ outcome: 'fail' });
    expect(found(broken, 'mark-7')?.detail).toMatch(/^client[12] came to several real servers/);
    expect(found(broken, 'mark-8')?.outcome).toBe('pass');
    expect((await lab(['test', name])).code).toBe(0);
  });

  it('fail where two ports have a round robin each', async () => {
    await on(
      'director',
      `tc filter del dev eth0 ingress pref 5 && ipvsadm -A -t 192.0.2.110:8443 -s rr && ipvsadm -a -t 192.0.2.110:8443 -r 192.0.2.11 ${method} && ipvsadm -a -t 192.0.2.110:8443 -r 192.0.2.12 ${method}`,
    );
    const broken = JSON.parse((await lab(['test', name, '--json'])).stdout) as TestReport;
    await on(
      'director',
      'ipvsadm -D -t 192.0.2.110:8443 && tc filter replace dev eth0 ingress protocol ip pref 5 handle 1 flower ip_proto tcp dst_ip 192.0.2.110 dst_port 8443 action skbedit mark 8',
    );
    expect(notPassed(broken).map((check) => check.id)).toEqual(['table mark 8', 'mark-8']);
    expect(found(broken, 'mark-8')?.detail).toContain('not one round robin for all');
    expect((await lab(['test', name])).code).toBe(0);
  });
});

describe('marks and datagrams over IPv6', () => {
  const { lab, on, json } = user('mark-six');
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-six-'));

  beforeAll(async () => {
    const file = join(folder, 'six.yaml');
    writeFileSync(
      file,
      `lvslab: 1
mode: dr
networks: { lan: 2001:db8:1::/64 }
nodes: { client: { on: lan, count: 2 }, director: { on: lan }, rs: { on: lan, count: 2 } }
services:
  - { vip: 2001:db8:1::100, mark: 7, ports: [80, 443, 53/udp], persistence: 60 }
  - { vip: 2001:db8:1::110, protocol: udp, one-packet: true }
  - { vip: 2001:db8:1::120, protocol: udp, mode: tun }
`,
    );
    const up = await lab(['up', file]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', 'six']);
    rmSync(folder, { recursive: true });
  });

  it('keep every promise', async () => {
    const all = await json<TestReport>(['test', 'six']);
    expect(notPassed(all)).toEqual([]);
    expect(found(all, 'mark-7')?.detail).toMatch(
      /^ports 80, 443 and 53\/udp: client1 only rs[12], client2 only rs[12]$/,
    );
    expect(await on('director', 'ipvsadm -Sn')).toContain('-A -f 7 -6 -s rr -p 60\n');
    const traced = await lab(['trace', 'six', '--service', '[2001:db8:1::110]:53/udp']);
    expect(traced.stdout).toMatch(/^one datagram to \[2001:db8:1::110\]:53\/udp: answered by rs[12]\n/);
  });

  it('fail where one port comes without its mark, and where -o is taken away', async () => {
    await on('director', 'tc filter del dev eth0 ingress pref 2 && ipvsadm -E -u [2001:db8:1::110]:53 -s rr');
    const broken = await json<TestReport>(['test', 'six']);
    await on(
      'director',
      'tc filter replace dev eth0 ingress protocol ipv6 pref 2 handle 1 flower ip_proto tcp dst_ip 2001:db8:1::100 dst_port 443 action skbedit mark 7 && ipvsadm -E -u [2001:db8:1::110]:53 -s rr -o',
    );
    const failed = broken.checks.filter((check) => check.outcome === 'fail').map((check) => check.id);
    expect(failed).toContain('answers [2001:db8:1::100]:443');
    expect(failed).toContain('one-port [2001:db8:1::110]:53/udp');
    const others = failed.filter((id) => !id.includes('::100]:443') && !id.includes('::110]:53/udp'));
    expect(others).toEqual(['table mark 7']);
    expect((await lab(['test', 'six'])).code).toBe(0);
  });
});
