import { execa } from 'execa';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../src/commands/verify-report.ts';
import { junitProblems } from '../junit-schemas.ts';
import { BIN, leftOf, marked, user } from './cli.ts';
import { DETOUR } from './detour.ts';

/** The director passes no reply on: nothing is answered, and `up` says so. */
const MUTE = DETOUR.replace(
  '[front, back] }',
  '[front, back], sysctls: { net.ipv4.ip_forward: 0 } }',
).replace('gateway: router', 'gateway: director');
const PLAIN = `lvslab: 1
networks: { net: 10.0.0.0/24 }
nodes: { h: { role: client, on: net, count: 2 } }
`;

describe('lab verify', () => {
  const me = user('verify');
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  const lab = (argv: string[], env: Record<string, string> = {}) =>
    me.lab(argv, { cwd: folder, env: { ...me.env, ...env } });
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  for (const [name, text] of Object.entries({ detour: DETOUR, mute: MUTE, plain: PLAIN }))
    writeFileSync(join(folder, `${name}.yaml`), text);

  afterEach(async () => {
    await me.lab(['down', '--all']);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
    rmSync(join(folder, 'lvslab-evidence'), { recursive: true, force: true });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is green for two labs at once, one of them named twice, and leaves nothing but the reports', async () => {
    const argv = [
      'verify',
      'nat',
      'nat',
      'plain.yaml',
      '--jobs',
      '2',
      '--junit',
      'new/ok.xml',
      '--json',
      'ok.json',
    ];
    const ran = await lab(argv);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^✔ 3 of 3 labs passed, 19 checks, \d+ s, 2 at once$/m);
    const report = JSON.parse(read('ok.json')) as VerifyReport & { schema: string };
    expect(report).toMatchObject({ schema: 'lvslab/verify/2', outcome: 'pass', jobs: 2 });
    expect(report.results.map((r) => [r.topology, r.outcome, r.machine])).toEqual([
      ['nat', 'pass', 'embedded'],
      ['nat', 'pass', 'embedded'],
      ['plain.yaml', 'pass', 'local'],
    ]);
    expect(report.left).toEqual({ processes: [], mounts: [], loopDevices: [], files: [] });
    expect(await junitProblems(read('new/ok.xml'))).toEqual([]);
    expect(existsSync(join(folder, 'lvslab-evidence'))).toBe(false);
    expect((await lab(['list'])).stdout).toBe('no lab is up');
  });

  it('says which claims are broken, in every report with the packets, and keeps the evidence', async () => {
    const ran = await lab(
      [
        ...['verify', 'detour.yaml', 'mute.yaml', 'nat', '--junit', 'j.xml', '--tap', 'j.tap'],
        ...['--markdown', 'j.md', '--json=j.json'],
      ],
      { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder, GITHUB_STEP_SUMMARY: join(folder, 'summary.md') },
    );
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^✘ 1 of 3 labs passed/m);
    const { results } = JSON.parse(read('j.json')) as VerifyReport;
    const [detour, mute, nat] = results;
    expect(results.map((r) => [r.topology, r.outcome])).toEqual([
      ['detour.yaml', 'fail'],
      ['mute.yaml', 'fail'],
      ['nat', 'pass'],
    ]);
    const failed = detour?.checks.filter((check) => check.outcome !== 'pass') ?? [];
    expect(failed.map((check) => check.id)).toEqual(['nat/203.0.113.100:80/gateway-is-director']);
    const packet = failed[0]?.evidence.find((line) => line.includes('[SYN,ACK]')) ?? 'none';
    expect(packet).toMatch(/^rs[12] eth0 {2}10\.0\.0\.1[12]:80 > 203\.0\.113\.101:\d+ \[SYN,ACK\]/);
    // It did not come up, and was looked at all the same before it was taken down.
    expect(mute?.error).toMatchObject({ stage: 'up', exitCode: 4 });
    expect(mute?.checks.find((check) => check.id === 'answers')?.outcome).toBe('fail');
    expect(nat?.evidence).toBeUndefined();

    for (const file of ['j.tap', 'j.md']) expect(read(file)).toContain(packet);
    expect(read('j.xml')).toContain(packet.replace('>', '&gt;'));
    expect(await junitProblems(read('j.xml'))).toEqual([]);
    expect(ran.stdout).toMatch(
      /^::error file=detour\.yaml,line=1,title=detour\.yaml%3A nat%3A gateway is director::/m,
    );
    expect(ran.stdout).toContain(`%0A${packet}`);
    expect(read('summary.md')).toBe(read('j.md'));

    for (const { evidence } of [detour, mute].flatMap((r) => r ?? [])) {
      const kept = evidence ?? '';
      expect(ran.stdout).toContain(`evidence: ${kept}`);
      expect(readdirSync(kept)).toEqual(
        expect.arrayContaining([
          'plan.json',
          'plan.sh',
          'topology.yaml',
          'machine-lab.json',
          'rs1-eth0.pcap',
        ]),
      );
      const state = readFileSync(join(kept, 'director', 'state.txt'), 'utf8');
      expect(state).toMatch(/^# ipvsadm -Ln\nIP Virtual Server[^]*10\.0\.0\.12:80/m);
      expect(readFileSync(join(kept, 'rs1', 'state.txt'), 'utf8')).toContain('10.0.0.11/24');
    }
    expect(readFileSync(join(detour?.evidence ?? '', 'rs1', 'web.log'), 'utf8')).toContain('"GET /');
    const replay = await execa('tcpdump', ['-nr', join(detour?.evidence ?? '', 'director-eth1.pcap')], {
      reject: false,
    });
    if (replay.exitCode !== undefined) expect(replay.stdout).toContain('10.0.0.11.80');
  });

  it('leaves a lab up that fails with --keep, so that it can be looked at, and says so', async () => {
    const ran = await lab(['verify', 'detour.yaml', 'nat', 'mute.yaml', '--keep', '--json']);
    expect(ran.code).toBe(1);
    const { results, left } = JSON.parse(ran.stdout) as VerifyReport;
    expect(results.map((result) => result.kept)).toEqual([true, false, true]);
    expect(results[2]).toMatchObject({ outcome: 'fail', error: { stage: 'up', exitCode: 4 } });
    // What was asked to be kept is not left behind.
    expect(left.processes).toEqual([]);
    const name = results[0]?.lab ?? '';
    expect((await lab(['test', name])).code).toBe(1);
    expect((await lab(['down', name])).code).toBe(0);
    const mute = results[2]?.lab ?? '';
    const state = async () => (await lab(['list'])).stdout.split('\n').find((row) => row.startsWith(mute));
    expect(await state()).toMatch(/ up, not answering /);
    await me.on(`${mute}/director`, 'sysctl -qw net.ipv4.ip_forward=1');
    expect((await lab(['test', mute])).code).toBe(0);
    expect(await state()).not.toContain('not answering');
  });

  it('reads every topology before it makes a lab, and tells the problems of all', async () => {
    writeFileSync(join(folder, 'bad.yaml'), PLAIN.replace('on: net', 'on: nett'));
    const ran = await lab(['verify', 'nat', 'bad.yaml', 'nowhere']);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain('bad.yaml:3:');
    expect(ran.stderr).toContain('nowhere is neither a file nor a topology');
  });

  it('refuses what it cannot do, with the code for it', async () => {
    expect((await lab(['verify', 'nat', '--machine', 'local'])).code).toBe(3);
    for (const argv of [
      ['--repeat', '0'],
      ['--jobs', 'x'],
      ['--json', 'nat.yaml'],
      ['--machine', 'moon'],
      ['--retries', '2'],
    ])
      expect((await lab(['verify', ...argv])).code, argv.join(' ')).toBe(2);
    const ran = await lab(['verify', 'plain.yaml', '--tap', folder]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`cannot write ${folder}`);
  });

  it.each([
    ...(['boot.sh', 'complete'] as const).map((stage) => ({ stage, later: 0 })),
    // One lab is up then, and another anywhere on its way.
    ...[40, 150, 400, 900].map((later) => ({ stage: 'boot.sh' as const, later })),
  ])('takes every lab down when it is interrupted, %o', async ({ stage, later }) => {
    const [program, ...rest] = marked(me.state, [
      'node',
      BIN,
      'verify',
      'nat',
      'plain.yaml',
      'dr',
      '--jobs',
      '3',
    ]);
    const verify = execa(program, rest, { env: me.env, cwd: folder, reject: false });
    await expect.poll(() => reached(stage), { timeout: 60_000, interval: 20 }).toBe(true);
    await sleep(later);
    verify.kill('SIGINT');
    const ended = await verify;
    expect(ended.exitCode, ended.stdout).toBe(130);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
    expect(existsSync(me.state)).toBe(false);
    expect(existsSync(join(folder, 'lvslab-evidence'))).toBe(false);
  });

  /** Whether some lab has begun to boot, or is up. */
  function reached(stage: 'boot.sh' | 'complete'): boolean {
    const labs = existsSync(me.state) ? readdirSync(me.state) : [];
    return labs.some((name) => {
      if (stage === 'boot.sh') return existsSync(join(me.state, name, stage));
      try {
        return readFileSync(join(me.state, name, 'lab.json'), 'utf8').includes('"complete": true');
      } catch {
        return false;
      }
    });
  }

  it('repeats, and says how long the rounds took and what was left', async () => {
    const ran = await lab(['verify', 'plain.yaml', '--repeat', '40', '--json', 'soak.json']);
    expect(ran.code, ran.stdout).toBe(0);
    expect(ran.stdout).toMatch(/^rounds +40, 40 labs$/m);
    expect(ran.stdout).toMatch(/^drift of the time +[+-]?\d+\.\d%$/m);
    expect(ran.stdout).toMatch(/^left behind +nothing$/m);
    const report = JSON.parse(read('soak.json')) as VerifyReport;
    expect(report.rounds.map((round) => round.failures)).toEqual(Array.from({ length: 40 }, () => 0));
    // What a round opens is closed a second later, by when quick rounds have opened more; but it does not grow by the
    // round, as it would by five for each.
    const [early = 0, late = 0] = [14, 39].map((round) => report.rounds[round]?.openFiles);
    expect(late).toBeLessThan(early + 60);
  });
});
