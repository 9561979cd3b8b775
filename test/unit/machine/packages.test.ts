import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BUILD_PROGRAMS,
  RUN_PROGRAMS,
  UNPRIVILEGED_BUILD_PROGRAMS,
  ensurePrograms,
  lastLines,
  missing,
} from '../../../src/machine/embedded/packages.ts';
import {
  kernellessRecipe,
  machineRecipe,
  nodeRecipe,
  packageList,
  packageMirror,
} from '../../../src/machine/embedded/recipe.ts';
import { rootKey } from '../../../src/machine/embedded/root.ts';
import { PROCESSORS } from '../../../src/host/processor.ts';
import type { Progress } from '../../../src/terminal/progress.ts';

describe('the package list', () => {
  it('is without comments, blanks and empty lines', () => {
    expect(packageList('# heading\n\n curl \nnginx # web\n#perl\n\t\niproute2')).toEqual([
      'curl',
      'nginx',
      'iproute2',
    ]);
    expect(packageList('')).toEqual([]);
  });

  it('that is shipped has what the steps and the traffic call for, each once', () => {
    const text = readFileSync(new URL('../../../images/packages.txt', import.meta.url), 'utf8');
    const packages = packageList(text);
    expect(packages).toEqual(
      expect.arrayContaining(['curl', 'iproute2', 'ipvsadm', 'kmod', 'nginx', 'procps', 'tcpdump']),
    );
    expect(new Set(packages).size).toBe(packages.length);
    for (const name of packages) expect(name).toMatch(/^[a-z0-9][a-z0-9.+-]+$/);
  });
});

describe('the recipe', () => {
  const args = machineRecipe(
    'netns',
    '/work place',
    '/images',
    ['curl', 'nginx'],
    'http://mirror.example/debian',
  );

  it('names suite, image and mirror last, in this order', () => {
    expect(args.slice(-3)).toEqual(['forky', '/work place/root.img', 'http://mirror.example/debian']);
    expect(machineRecipe('netns', '/w', '/i', []).slice(-2)).toEqual(['forky', '/w/root.img']);
  });

  it('includes the kernel and the packages', () => {
    expect(args).toContain('--include=user-mode-linux,curl,nginx');
    expect(args).toContain('--format=ext2');
    expect(machineRecipe('netns', '/w', '/i', [])).toContain('--include=user-mode-linux');
  });

  it('puts the programs beside the kernel into the image, before the kernel is taken out', () => {
    const hooks = args.filter((arg) => arg.startsWith('--customize-hook='));
    expect(hooks).toContain("--customize-hook=upload '/images/guest-init' /usr/sbin/guest-init");
    expect(hooks).toContain("--customize-hook=upload '/images/frame-probe' /usr/lib/lvslab/frame-probe");
    expect(hooks).toContain("--customize-hook=upload '/images/node-agent' /usr/lib/lvslab/node-agent");
    expect(hooks).toContain("--customize-hook=upload '/images/sshd.conf' /etc/ssh/lvslab.conf");
    const out = hooks.findIndex((hook) => hook.includes('copy-out /usr/bin/linux.uml'));
    expect(hooks[out]).toMatch(/ '\/work place'$/);
    expect(hooks.indexOf('--customize-hook=rm "$1/usr/bin/linux.uml"')).toBeGreaterThan(out);
  });

  it('names its folders in a form that is one word, whatever their names', () => {
    const [work, images] = ["/it's; touch x", '/a "b" $(id) \\ c'];
    const special = /^--customize-hook=(?=upload|copy-out|download)/;
    const hooks = machineRecipe('netns', work, images, []).flatMap((arg) =>
      special.test(arg) ? [arg.replace(special, '')] : [],
    );
    // As mmdebstrap itself takes them apart.
    const { stdout } = spawnSync(
      'perl',
      ['-MText::ParseWords', '-e', 'print join("\\0", map { shellwords($_) } @ARGV)', '--', ...hooks],
      { encoding: 'utf8' },
    );
    const words = stdout.split('\0');
    expect(words).toEqual(expect.arrayContaining([`${images}/guest-init`, work, `${work}/versions`]));
    expect(words.filter((word) => /touch|id/.test(word) && !word.startsWith(work))).toEqual(
      ['node-agent', 'frame-probe', 'guest-init', 'sshd.conf'].map((name) => `${images}/${name}`),
    );
  });

  it.each([
    ['http://mirror.example/debian'],
    ['file:///srv/mirror'],
    ['deb [trusted=yes] http://mirror.example/debian forky main'],
    ['/etc/apt/sources.list'],
    ['./sources.list'],
  ])('takes %s for a mirror', (mirror) => {
    expect(packageMirror({ LVSLAB_MIRROR: mirror })).toBe(mirror);
  });

  it.each(['--customize-hook=touch sentinel', '-', '-x', 'mirror.example', 'http://a\nb', 'deb\thttp://a'])(
    'refuses %j as a mirror',
    (mirror) => {
      expect(() => packageMirror({ LVSLAB_MIRROR: mirror })).toThrow('is no package mirror');
    },
  );

  it('has no mirror where none is named', () => {
    expect(packageMirror({})).toBeUndefined();
    expect(packageMirror({ LVSLAB_MIRROR: '' })).toBeUndefined();
  });

  it('is valid sh where it is sh', () => {
    const special = /^--customize-hook=(upload|copy-out) /;
    const hooks = args.filter((arg) => arg.startsWith('--customize-hook=') && !special.test(arg));
    expect(hooks.length).toBeGreaterThan(3);
    for (const hook of hooks)
      expect(
        spawnSync('sh', ['-n'], { input: hook.replace('--customize-hook=', ''), encoding: 'utf8' }).stderr,
      ).toBe('');
  });

  it('keeps the modules that plans load', () => {
    const trim = args.find((arg) => arg.includes('depmod')) ?? '';
    const pattern = /grep -vE '([^']+)'/.exec(trim)?.[1] ?? '';
    const kept = new RegExp(pattern);
    for (const file of [
      'kernel/net/netfilter/ipvs/ip_vs.ko',
      'kernel/net/netfilter/ipvs/ip_vs_wrr.ko',
      'kernel/net/ipv4/ipip.ko',
      'kernel/net/ipv4/ip_gre.ko',
      'kernel/net/ipv4/fou.ko',
      'kernel/net/bridge/bridge.ko',
      'kernel/drivers/net/veth.ko',
      'kernel/fs/overlayfs/overlay.ko',
    ])
      expect(file).toMatch(kept);
    expect('kernel/drivers/scsi/scsi_mod.ko').not.toMatch(kept);
    expect('kernel/drivers/net/vethXko').not.toMatch(kept);
  });
});

describe('the recipes of a processor', () => {
  it.each(PROCESSORS)('take packages of %s, whatever this host runs on', (processor) => {
    for (const recipe of [nodeRecipe(processor, '/f', '/i', []), kernellessRecipe(processor, '/w', '/i', [])])
      expect(recipe.filter((arg) => arg.startsWith('--architectures='))).toEqual([
        `--architectures=${processor}`,
      ]);
  });

  it('have a root of the same packages without a kernel, made by valid sh', () => {
    const recipe = kernellessRecipe('arm64', '/w', '/i', ['curl']);
    expect(recipe).toContain('--include=curl');
    expect(recipe.join('\n')).not.toMatch(/uml|depmod|guest-init|x86/);
    const special = /^--customize-hook=(upload|copy-out|download) /;
    for (const hook of recipe.filter((arg) => arg.startsWith('--customize-hook=') && !special.test(arg)))
      expect(
        spawnSync('sh', ['-n'], { input: hook.replace('--customize-hook=', ''), encoding: 'utf8' }).stderr,
      ).toBe('');
  });

  it('give roots names of their own, and the embedded machine the one of x86-64', () => {
    expect(rootKey('netns', 'amd64')).toBe(rootKey('netns'));
    expect(new Set([rootKey('netns'), rootKey('docker'), rootKey('netns', 'arm64')]).size).toBe(3);
  });
});

describe('programs on this host', () => {
  const program = (name: string) => ({ program: name, package: name, purpose: 'a test' });

  it('are missing only where they are', async () => {
    const none = program('no-such-program-of-lvslab');
    expect(await missing([program('sh'), none, program('cat')])).toEqual([none]);
    expect(await missing([])).toEqual([]);
  });

  it('need not be a shell word', async () => {
    const odd = program('sh; true');
    expect(await missing([odd])).toEqual([odd]);
  });

  it('that are all there need no progress and no packages', async () => {
    const silent: Progress = {
      start: () => {
        throw new Error('nothing is to be installed');
      },
      warn: () => undefined,
      note: () => undefined,
      print: () => undefined,
    };
    await expect(ensurePrograms([program('sh')], silent)).resolves.toBeUndefined();
  });

  it('each say which package brings them, and what for', () => {
    for (const needed of [...BUILD_PROGRAMS, ...UNPRIVILEGED_BUILD_PROGRAMS, ...RUN_PROGRAMS]) {
      expect(needed.package).toMatch(/^[a-z0-9-]+$/);
      expect(needed.purpose).toMatch(/ /);
    }
  });
});

it('the last lines are those at the end', () => {
  expect(lastLines('a\nb\nc\n\n', 2)).toBe('b\nc');
  expect(lastLines('a', 2)).toBe('a');
  expect(lastLines(Array.from({ length: 20 }, (_, i) => i).join('\n'))).toBe(
    '12\n13\n14\n15\n16\n17\n18\n19',
  );
});
