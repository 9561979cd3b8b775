import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../../src/commands/status.ts';
import type { Check } from '../../../src/proof/check.ts';
import { leftOf, user } from '../cli.ts';

const me = user('cases-health');
const { lab, json, on, state } = me;
const folder = mkdtempSync(join(tmpdir(), 'cases-health-'));

afterAll(async () => {
  await lab(['down', '--all']);
  rmSync(folder, { recursive: true });
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
});

/** Brings one of the files from the field up, with some of its words replaced, and expects nothing to be wrong. */
async function up(name: string, fixture: string, ...replaced: [from: string, to: string][]): Promise<void> {
  const given = readFileSync(new URL(`../../fixtures/cases/${fixture}.yaml`, import.meta.url), 'utf8');
  const text = replaced.reduce((whole, [from, to]) => {
    expect(whole).toContain(from);
    return whole.replaceAll(from, to);
  }, given);
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  const ran = await lab(['up', file]);
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
}

async function checksOf(name: string): Promise<Check[]> {
  return (await json<{ checks: Check[] }>(['test', name])).checks;
}

async function expectGreen(name: string): Promise<void> {
  const checks = await checksOf(name);
  expect(checks.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  expect(checks.filter(({ title }) => title === 'health').length).toBeGreaterThan(0);
}

const troubles = async (name: string) =>
  (await json<StatusReport>(['status', name])).health.flatMap((health) => health.troubles);

/** Waits until a director's table has, or no longer has, what is looked for. @returns milliseconds that it took */
async function until(name: string, holds: (table: string) => boolean): Promise<number> {
  const began = Date.now();
  while (!holds(await on(`${name}/director`, 'ipvsadm -Ln'))) {
    if (Date.now() - began > 40_000) throw new Error('the table stays as it is');
    await sleep(200);
  }
  return Date.now() - began;
}

const row = (checks: Check[], title: string) => checks.find((check) => check.title === title);

describe.concurrent('a file from the field', () => {
  it.each(['ldirectord', 'keepalived'])('checks over TLS by %s, and stays green', async (by) => {
    const name = `https-${by}`;
    await up(name, 'd-https-health', ['by: ldirectord', `by: ${by}`], ['interval: 2', 'interval: 1']);
    // Several rounds of checks.
    await sleep(3000);
    expect(await troubles(name)).toEqual([]);
    await expectGreen(name);
    if (by !== 'ldirectord') return;
    // A certificate that is not the authority's is found and made anew.
    await on(
      `${name}/rs1`,
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj /CN=other -keyout /etc/nginx/lab.key -out /etc/nginx/lab.crt 2>/dev/null && nginx -c /etc/nginx/lab.conf -s reload',
    );
    await until(name, (table) => !table.includes('192.0.2.11:443'));
    expect(await troubles(name)).toEqual([
      expect.stringMatching(/^rs1 has been out since \S+: its check got "500 .*certificate verify failed/),
    ]);
    expect((await lab(['reset', name])).stdout).toContain('certificate /etc/nginx/lab.crt');
    await until(name, (table) => table.includes('192.0.2.11:443'));
  });

  it('says that the fallback answers, since when and why; trace shows the hop to it', async () => {
    const name = 'sorry';
    await up(name, 'd-nat-fallback');
    await expectGreen(name);
    await lab(['fail', `${name}/rs1`, 'web']);
    await lab(['fail', `${name}/rs2`, 'web']);
    await until(name, (table) => table.includes('10.0.0.13:80'));
    const checks = await checksOf(name);
    expect(row(checks, 'health')).toMatchObject({
      outcome: 'fail',
      detail: expect.stringMatching(
        /^all real servers \(rs1 and rs2\) have been out since \d\d:\d\d:\d\d, the fallback sorry answers; .*TCP_CHECK on service .* failed.*Removing service/,
      ) as string,
    });
    expect(row(checks, 'answers')?.detail).toContain('the fallback sorry answered (see row health)');
    expect(row(checks, 'director')?.outcome).toBe('pass');
    expect(row(checks, 'large transfers')).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringContaining('all from the fallback sorry') as string,
    });
    expect(checks.map(({ detail }) => detail).join('\n')).not.toMatch(/itself answered|did not pass/);
    const traced = await lab(['trace', name]);
    expect(traced.stdout).toContain(
      'answered by sorry, the fallback\nall real servers (rs1 and rs2) have been',
    );
    expect(traced.stdout).toMatch(/director eth1 → sorry eth0 .* → 10\.0\.0\.13:80\*/);
    const status = await lab(['status', name]);
    expect(status.stdout).toMatch(/^203\.0\.113\.100:80: all real servers .* the fallback sorry answers/m);
    expect(status.stdout).not.toContain('everything is as the plan says');
  });

  it('has pages, time-outs and a fallback of its own, as a shop has', async () => {
    const name = 'shop';
    await up(name, 'c34-ldirectord-shop', ['interval: 5', 'interval: 2']);
    await expectGreen(name);
    await on(`${name}/web1`, 'echo moved > /srv/www/areyouthere.php');
    for (const shop of ['shop1', 'shop2', 'shop3']) await on(`${name}/${shop}`, 'touch /run/web.wrong');
    // What is promised: an interval, and three time-outs one after the other.
    expect(await until(name, (table) => !table.includes('192.0.2.11:'))).toBeLessThan((2 + 3 * 8) * 1000);
    await until(name, (table) => table.includes('192.0.2.1:443') && table.includes('192.0.2.1:80'));
    const checks = await checksOf(name);
    const said = checks.filter(({ title }) => title === 'health').map(({ detail }) => detail);
    expect(said).toHaveLength(4);
    for (const text of said.slice(0, 2))
      expect(text).toMatch(/: web1 has been out since .*its check got "moved"/);
    for (const text of said.slice(2)) expect(text).toMatch(/the fallback director answers; .*"500 /);
  });

  it('serves TLS on a port of its own, as an API does, and out is weight 0', async () => {
    const name = 'api';
    await up(name, 'c35-k8s-api', ['interval: 5', 'interval: 1']);
    await expectGreen(name);
    await on(`${name}/api2`, 'touch /run/web.wrong');
    expect(await until(name, (table) => /192\.168\.1\.12:6443 +Route +0 /.test(table))).toBeLessThan(
      (1 + 3 * 5) * 1000,
    );
    expect(await troubles(name)).toEqual([
      expect.stringMatching(/^api2 has been out since \S+ \(weight 0\): its check got "500 /),
    ]);
    // By hand it is another story.
    await on(`${name}/api2`, 'rm /run/web.wrong');
    await until(name, (table) => /192\.168\.1\.12:6443 +Route +1 /.test(table));
    await on(`${name}/director`, 'ipvsadm -d -t 192.168.1.21:6443 -r 192.168.1.13:6443');
    expect(row(await checksOf(name), 'health')).toMatchObject({
      outcome: 'fail',
      detail: "api3 is out: no line of ldirectord's log says so, so it was taken out by hand",
    });
  });
});

// ldirectord needs a module of Perl's for the one, and a DNS server that its own address can be asked for the other.
it('ldirectord asks over IPv6, and a DNS server by a command', async () => {
  const file = join(folder, 'families.yaml');
  writeFileSync(
    file,
    `lvslab: 1
mode: dr
networks: { lan: [192.0.2.0/24, '2001:db8:1::/64'] }
nodes: { client: { on: lan }, director: { on: lan }, rs: { on: lan, count: 2 } }
services:
  - { vip: '2001:db8:1::100', port: 443, health: { check: negotiate, receive: ok, interval: 1 } }
  - { vip: 192.0.2.100, protocol: udp, health: { check: external, command: drill @$3 whoami txt | grep -q NOERROR, interval: 1 } }
`,
  );
  expect(await lab(['up', file])).toMatchObject({ code: 0, stderr: '' });
  await sleep(2000);
  await expectGreen('families');
});

it('up says what its first checks found, with an exit code of its own', async () => {
  const file = join(folder, 'wrong.yaml');
  writeFileSync(
    file,
    `lvslab: 1
mode: dr
networks: { lan: 192.0.2.0/24 }
nodes: { client: { on: lan }, director: { on: lan }, rs: { on: lan, count: 2 } }
services: [{ vip: 192.0.2.100, health: { check: external, command: 'test $3 != 192.0.2.11', interval: 1 } }]
`,
  );
  const ran = await lab(['up', file]);
  expect(ran.code).toBe(4);
  expect(`${ran.stdout}${ran.stderr}`).toMatch(
    /director: 192\.0\.2\.100:80: rs1 has been out since \S+: ldirectord says "Deleted real server: 192\.0\.2\.11:80/,
  );
  expect((await json<{ labs: { name: string }[] }>(['list'])).labs.map(({ name }) => name)).toContain(
    'wrong',
  );
});
