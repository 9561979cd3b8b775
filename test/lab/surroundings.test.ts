import { execa } from 'execa';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { leftOf, marked, user } from './cli.ts';

const { state, lab } = user('surroundings');
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-surroundings-'));

afterAll(async () => {
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  expect(await leftOf(folder)).toEqual({ processes: [], mounts: [] });
  rmSync(folder, { recursive: true });
});

/** What a shell, ssh, mmdebstrap or a kernel's command line could take for its own; apt takes no double quotes. */
const ODD = `it's 100%h \${HOME} $(x) a:b,c`;

describe('a folder of labs', () => {
  it.each([
    ['with a name full of signs', ODD],
    ['with double quotes', 'a "b" c'],
    ['with a path longer than a socket can have', join(...Array.from({ length: 4 }, () => 'x'.repeat(50)))],
  ])('%s is as good as any', async (_, name) => {
    const env = { LVSLAB_STATE: join(folder, name), NO_COLOR: '1' };
    mkdirSync(dirname(env.LVSLAB_STATE), { recursive: true });
    const up = await lab(['up', 'nat'], { env });
    expect(up.code, up.stderr).toBe(0);
    expect(await lab(['exec', 'rs1', '--', 'hostname'], { env })).toMatchObject({ code: 0, stdout: 'rs1' });
    expect((await lab(['down', 'nat'], { env })).code).toBe(0);
  });

  it.each([
    ['below a file', '/dev/null/x'],
    ['with a name longer than any', `/tmp/${'x'.repeat(300)}`],
    ['below what is no place for folders', '/proc/x'],
  ])('%s is refused with the way out', async (_, place) => {
    const env = { LVSLAB_STATE: place, NO_COLOR: '1' };
    for (const argv of [
      ['up', 'nat'],
      ['up', 'nat', '--machine', 'local'],
    ]) {
      const { code, stderr } = await lab(argv, { env });
      expect(code, stderr).toBe(3);
      expect(stderr).toContain('error: ');
      expect(stderr).not.toContain('defect of the tool');
    }
    const list = await lab(['list'], { env });
    expect(list.stderr).not.toContain('defect of the tool');
    expect((await lab(['down', '--all'], { env })).stderr).not.toContain('defect');
  });

  it('that is too deep for an engine’s socket is refused at once, with what to do', async () => {
    const deep = join(folder, 'y'.repeat(60), 'y'.repeat(60));
    mkdirSync(deep, { recursive: true, mode: 0o700 });
    const up = await lab(['up', 'nat', '--machine', 'embedded', '--runtime', 'docker'], {
      env: { LVSLAB_STATE: deep },
    });
    expect(up.stderr).toMatch(/at most 107 bytes, and this one would have \d+: .*docker\.sock/);
    expect(up.stderr).toContain('LVSLAB_STATE');
    expect(up.code).toBe(3);
  });
});

describe('the launcher', () => {
  const clone = join(folder, 'clone', `the ${ODD} "clone"`);
  const run = (program: string, argv: string[], cwd = '/') =>
    execa(program, argv, { cwd, reject: false, env: { LVSLAB_STATE: state } });

  it('finds its clone by any way of links, from anywhere, whatever the clone is called', async () => {
    mkdirSync(clone, { recursive: true });
    const parts = ['lab', 'package.json', 'package-lock.json', 'build.mjs', 'src', 'dist', 'topologies'];
    for (const part of parts)
      cpSync(join(root, part), join(clone, part), { recursive: true, preserveTimestamps: true });
    // Newer than its sources, so that nothing is built.
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(clone, 'dist', 'bin.cjs'), later, later);
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    symlinkSync(join(clone, 'lab'), join(bin, 'absolute'));
    symlinkSync(join('..', 'clone', `the ${ODD} "clone"`, 'lab'), join(bin, 'relative'));
    symlinkSync('relative', join(bin, 'chain'));
    symlinkSync(clone, join(folder, 'folder'));
    const path = `${bin}:${process.env['PATH'] ?? ''}`;
    for (const program of [
      join(clone, 'lab'),
      ...['absolute', 'relative', 'chain'].map((name) => join(bin, name)),
      join(folder, 'folder', 'lab'),
    ])
      expect(await run(program, ['--version'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('./lab', ['plan', 'nat'], clone)).toMatchObject({ exitCode: 0, stderr: '' });
    const found = await execa('chain', ['validate', 'nat'], { cwd: '/', env: { PATH: path }, reject: false });
    expect(found).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('a limit that is too low', () => {
  /** Runs the launcher under limits of its own. */
  const limited = async (limit: string, argv: string[]) => {
    const script = `ulimit ${limit}; shift; exec "$@"`;
    const [program, ...rest] = marked(state, ['sh', '-c', script, 'sh', '', ...argv]);
    const env = { LVSLAB_STATE: state, NO_COLOR: '1' };
    return execa(program, rest, { cwd: root, reject: false, env });
  };

  it.each([
    ['-n 12', './lab', 'ulimit -n'],
    ['-n 20', './lab', 'ulimit -n'],
    ['-n 20', 'dist/bin.cjs', 'ulimit -n'],
    ['-n 26', 'dist/bin.cjs', 'ulimit -n'],
    ['-v 500000', './lab', 'ulimit -v'],
    ['-v 900000', './lab', 'ulimit -v'],
  ])('is named with its fix: ulimit %s of %s', async (limit, program, fix) => {
    const ran = await limited(limit, [program, 'list']);
    expect(ran.stderr).toMatch(/^error: .*\nfix: .*$/);
    expect(ran.stderr).toContain(fix);
    expect(ran.exitCode).toBe(3);
  });

  it('is named where the guest’s kernel does not get its memory', async () => {
    const servers = Array.from({ length: 48 }, (_, index) => `  rs${index + 1}: { on: back }\n`).join('');
    writeFileSync(
      join(folder, 'big.yaml'),
      `lvslab: 1\ntitle: big\nmode: nat\nnetworks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }\nnodes:\n  client: { on: front }\n  director: { on: [front, back] }\n${servers}services:\n  - vip: 203.0.113.100\n`,
    );
    const ran = await limited('-v 1600000', [
      './lab',
      'up',
      join(folder, 'big.yaml'),
      '--machine',
      'embedded',
    ]);
    expect(ran.stderr).toContain('there is not enough memory for this lab');
    expect(ran.exitCode).toBe(3);
  });
});
