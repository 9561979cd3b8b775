import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../../../src/errors.ts';
import { uncompiled, unfulfilled, withEstimate } from '../../../src/machine/embedded/kernel-build.ts';
import { askedKernel } from '../../../src/machine/embedded/kernel-kinds.ts';
import { COMPILED, KERNEL_RECIPE, kernelRecipe } from '../../../src/machine/embedded/kernel-recipe.ts';
import { chooseKernel, findMadeKernel, kernelName } from '../../../src/machine/embedded/kernel.ts';
import { packageRoot } from '../../../src/host/paths.ts';

let folder: string;
let cache: string;

/** A folder as a build leaves it, as far as is looked at before a boot. */
function made(name: string, version: string, facts: object = {}): string {
  const directory = join(cache, name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const source = { package: 'linux', version };
  const all = { release: `${version}-lvslab`, source, built: '2026-11-29T04:00:00.000Z', ...facts };
  writeFileSync(join(directory, 'kernel.json'), JSON.stringify(all));
  return directory;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
  vi.stubEnv('LVSLAB_KERNEL', '');
  cache = join(folder, 'lvslab');
  mkdirSync(cache, { mode: 0o700 });
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('the kernel that is asked for', () => {
  it('is what the option says, else the environment, else nobody’s word', () => {
    expect(askedKernel('lab', { LVSLAB_KERNEL: 'debian' })).toBe('lab');
    expect(askedKernel(undefined, { LVSLAB_KERNEL: 'debian' })).toBe('debian');
    expect(askedKernel(undefined, {})).toBeUndefined();
  });

  it('is refused by name where the environment has another', () => {
    expect(() => askedKernel(undefined, { LVSLAB_KERNEL: 'Lab' })).toThrow(
      expect.objectContaining({
        exitCode: EXIT.badInput,
        message: expect.stringContaining('"Lab"') as string,
      }),
    );
  });
});

describe('a made kernel', () => {
  it('is the newest that was made as this version makes it', async () => {
    made(kernelName('7.2.9-1'), '7.2.9-1');
    const newest = made(kernelName('7.2.12-1'), '7.2.12-1');
    made('kernel-0123456789ab-7.3.1-1', '7.3.1-1');
    expect(await findMadeKernel()).toMatchObject({
      ...{ kind: 'lab', directory: newest, release: '7.2.12-1-lvslab' },
      ...{ program: join(newest, 'linux'), modules: join(newest, 'modules.img') },
    });
  });

  it('is none where nothing tells of it, or nonsense does', async () => {
    made(kernelName('7.2.12-1'), '7.2.12-1', { source: 'here' });
    mkdirSync(join(cache, kernelName('7.2.13-1')), { mode: 0o700 });
    expect(await findMadeKernel()).toBeUndefined();
  });

  it('is refused where others may write to it', async () => {
    chmodSync(made(kernelName('7.2.12-1'), '7.2.12-1'), 0o777);
    await expect(findMadeKernel()).rejects.toMatchObject({ exitCode: EXIT.machineCannot });
  });

  it('is what labs get where it is there and nothing else is asked for', async () => {
    expect(await chooseKernel(undefined)).toBeUndefined();
    made(kernelName('7.2.12-1'), '7.2.12-1');
    expect(await chooseKernel(undefined)).toMatchObject({ kind: 'lab' });
    expect(await chooseKernel('debian')).toBeUndefined();
  });

  it('is missed with the command that makes it', async () => {
    await expect(chooseKernel('lab')).rejects.toMatchObject({
      exitCode: EXIT.machineCannot,
      fix: expect.stringContaining('lab kernel build') as string,
    });
  });
});

describe('its build', () => {
  it('names what images/kernel.config asks for in vain', () => {
    const output = 'I: configuring\nnot in force: CONFIG_A=y\nnot in force: CONFIG_B=12\nE: failed';
    expect(unfulfilled(output)).toMatchObject({
      exitCode: EXIT.labFailed,
      message: expect.stringMatching(/CONFIG_A=y, CONFIG_B=12$/) as string,
    });
    expect(unfulfilled('E: No space left on device')).toBeUndefined();
  });

  it('says by the words of the compiler why a source did not become a kernel', () => {
    const output = [
      ...[
        'I: running --customize-hook in shell',
        'I: unpacking the source',
        'I: configuring',
        'I: compiled 10',
      ],
      ...['ld: vmlinux.o: undefined reference to `x`', 'make: *** [Makefile:1] Error 1'],
      ...['E: command failed: chroot "$1" sh -c \'set -e', 'export LC_ALL=C', "' sh 2"],
    ];
    expect(uncompiled(output.join('\n'))).toMatchObject({
      exitCode: EXIT.labFailed,
      message:
        'the source of the kernel could not be compiled:\nld: vmlinux.o: undefined reference to `x`\nmake: *** [Makefile:1] Error 1',
    });
    expect(uncompiled(output.slice(0, 2).join('\n'))).toBeUndefined();
    expect(uncompiled([...output, 'No space left on device'].join('\n'))).toBeUndefined();
  });

  it('says what is left by the pace so far, and never that all is done', () => {
    const said: string[] = [];
    const nothing = () => undefined;
    let now = 0;
    const task = withEstimate(
      { update: (text) => said.push(text), done: nothing, fail: nothing, end: nothing },
      () => now,
    );
    task.update('unpacking the source');
    task.update(`${COMPILED}10`);
    now = 20_000;
    task.update(`${COMPILED}110`);
    now = 300_000;
    task.update(`${COMPILED}2000`);
    expect(said).toEqual([
      'unpacking the source',
      'compiling, 1 %',
      'compiling, 10 %, about 200 s left',
      'compiling, 99 %, about 1.0 s left',
    ]);
  });

  it('is made of nothing that differs from host to host', () => {
    const text = KERNEL_RECIPE.join('\n');
    expect(text).not.toContain(packageRoot);
    expect(kernelRecipe('/w', '/i', 7).join('\n')).toContain(' sh 7');
  });
});

describe('images/kernel.config', () => {
  const groups = readFileSync(join(packageRoot, 'images', 'kernel.config'), 'utf8')
    .trim()
    .split('\n\n');

  it('gives each group of options its reason', () => {
    expect(groups.length).toBeGreaterThan(8);
    for (const group of groups.slice(1)) expect(group).toMatch(/^# --- [^\n]{20,}\n(#[^\n]*\n)*CONFIG_/);
  });

  it('asks for everything once, and for nothing that is not to be', () => {
    const options = groups
      .join('\n')
      .split('\n')
      .filter((row) => !row.startsWith('#') && row !== '');
    for (const option of options) expect(option).toMatch(/^CONFIG_[A-Z0-9_]+=(y|\d+|"[^"]+")$/);
    const names = options.map((row) => row.split('=')[0]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
