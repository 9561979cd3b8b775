import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EMBEDDED_ELSEWHERE } from '../../src/host/processor.ts';
import { leftOf, user } from './cli.ts';
import { pretended, type Kind } from './pretended.ts';

const me = user('other-hosts');
const NOWHERE = 'unix:///nowhere/docker.sock';
afterAll(async () => {
  expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
});

describe.each<Kind>([
  { system: 'darwin', arch: 'arm64' },
  { system: 'linux', arch: 'arm64' },
  { system: 'linux', arch: 'riscv64' },
])('on $system on $arch without an engine', (kind) => {
  const { options, end } = pretended(kind);
  const lab = (argv: string[], host = NOWHERE) =>
    me.lab(argv, { env: { ...me.env, NODE_OPTIONS: options, DOCKER_HOST: host } });
  afterAll(end);

  it.each([
    'up nat',
    'up nat --machine local',
    'up nat --runtime docker',
    'up nat --runtime netns',
    'verify nat',
    'doctor',
  ])('%s says what is lacking, and offers nothing that is refused there', async (argv) => {
    const ran = await lab(argv.split(' '));
    expect(ran.code, ran.stdout).toBe(3);
    expect(ran.stdout + ran.stderr).not.toContain('--machine embedded');
    expect(ran.stdout + ran.stderr).toMatch(/no Docker engine|no engine|not Linux|no ip_vs|riscv64/);
  });

  it.each([
    'up nat --machine embedded',
    'up nat --machine embedded --runtime docker',
    'class up nat --students 1',
  ])('%s is refused in the one way', async (argv) => {
    const ran = await lab(argv.split(' '));
    expect(ran.code, ran.stdout).toBe(3);
    expect(ran.stderr).toContain(EMBEDDED_ELSEWHERE);
    expect(ran.stderr).not.toContain('--machine embedded');
  });

  it('an engine that does not answer is all that is spoken of', async () => {
    const ran = await lab(['up', 'nat', '--runtime', 'docker', '--machine', 'local'], 'tcp://127.0.0.1:1');
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('does not answer');
    expect(ran.stderr).not.toContain('embedded');
  });
});

describe('a context of Docker’s client that does not exist', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-context-'));
  beforeAll(() => {
    writeFileSync(join(folder, 'config.json'), '{ "currentContext": "gone" }');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await me.lab(['down', 'nat']);
  });

  it.each([
    ['DOCKER_CONTEXT', { DOCKER_CONTEXT: 'gone' }],
    [join(folder, 'config.json'), { DOCKER_CONFIG: folder }],
  ])('is no other engine, and %s is said to name it', async (from, variables) => {
    const env = { ...me.env, ...variables };
    const words = `there is no Docker context gone (${from})`;
    const elsewhere = await me.lab(['up', 'nat'], { env });
    expect(elsewhere.code, elsewhere.stderr).toBe(0);
    expect(elsewhere.stdout).toContain(words);
    const refused = await me.lab(['up', 'dr', '--machine', 'local', '--runtime', 'docker'], { env });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(words);
  });
});

describe('macOS on arm64 with an engine on x86-64 whose kernel has ip_vs', () => {
  const { options, end } = pretended({ system: 'darwin', arch: 'arm64' });
  const url = `unix://${join(me.state, 'engine', 'docker.sock')}`;
  const lab = (...argv: string[]) =>
    me.lab(argv, { env: { ...me.env, NODE_OPTIONS: options, DOCKER_HOST: url } });
  const modules = async () => {
    const control = `ControlPath=${join(me.state, 'engine', 'ctl')}`;
    const { stdout } = await execa('ssh', ['-F', '/dev/null', '-o', control, 'guest', 'cat /proc/modules']);
    return Array.from(stdout.matchAll(/^(ip_vs\S*|ipip|fou|ip_gre) /gm), ([, name]) => name).sort();
  };

  beforeAll(async () => {
    // The kernel that is made for labs has all of ip_vs built in, and loads no module.
    const kernel = ['--kernel', 'debian'];
    const argv = ['up', 'nat', '--name', 'engine', '--machine', 'embedded', '--runtime', 'docker', ...kernel];
    const made = await me.lab(argv);
    expect(made.code, made.stderr).toBe(0);
  });
  afterEach(async () => {
    await lab('down', 'dr');
  });
  afterAll(async () => {
    end();
    await me.lab(['down', '--all']);
  });

  it('is found able by a node that is made there, with few modules loaded', async () => {
    const before = await modules();
    const doctor = await lab('doctor');
    expect(doctor.code, doctor.stdout).toBe(0);
    expect(doctor.stdout).toMatch(/✔ host +macOS on arm64/);
    expect(doctor.stdout).toMatch(/✔ docker .*, x86-64$/m);
    expect(doctor.stdout).toContain('one was made, ran a command, and is gone again');
    expect(doctor.stdout).toContain(EMBEDDED_ELSEWHERE);
    expect(doctor.stdout).toMatch(/labs run here/);
    expect(await modules()).toEqual([...new Set([...before, 'ip_vs', 'ip_vs_rr', 'ipip'])].sort());

    const every = await lab('doctor', '--schedulers');
    // Debian's kernel for user-mode Linux is built without this one.
    expect(every.stdout).toMatch(/has ip_vs; lacks schedulers twos$/m);
    expect(await modules()).toEqual(expect.arrayContaining(['ip_vs_mh', 'ip_vs_lblcr', 'ip_vs_fo']));
  });

  it('is where labs go, and pass', async () => {
    const up = await lab('up', 'dr');
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toMatch(/✔ engine +Docker .*, whose kernel has ip_vs$/m);
    expect((await lab('test', 'dr')).code).toBe(0);
  });
});
