import { execa } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { boot } from '../../src/machine/embedded/boot.ts';
import { endKernel } from '../../src/machine/embedded/builds.ts';
import { debianKernel } from '../../src/machine/embedded/kernel.ts';
import { ensureRoot } from '../../src/machine/embedded/root.ts';
import { createProgress } from '../../src/terminal/progress.ts';
import { BIN } from './cli.ts';

// The tool on a host whose own kernel has ip_vs as a module: the embedded kernel, with this host's Node.js and clone.

let folder: string | undefined;
const guest = async (line: string) => {
  const options = ['-F', '/dev/null', '-o', `ControlPath=${join(folder ?? '', 'ctl')}`];
  const ran = await execa('ssh', [...options, 'guest', `export NO_COLOR=1; ${line}`], { reject: false });
  return { code: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr };
};
const LIBRARIES = ['libstdc++.so.6', 'libgcc_s.so.1'];
const lab = (argv: string, before = '') =>
  guest(`${before} LD_LIBRARY_PATH=/run/libraries /mnt${process.execPath} /mnt${BIN} ${argv}`);

/** Boots such a host, and does this as its root. */
async function host(...lines: string[]): Promise<void> {
  const root = await ensureRoot(createProgress(process.stderr, { quiet: true }));
  folder = mkdtempSync(join(tmpdir(), 'lvslab-own-'));
  // It sees this host's files (hostfs), and loads modules: the kernel that is made for labs can do neither.
  const kernel = debianKernel(root);
  await boot(folder, {
    kernel,
    root,
    memory: 768,
    modules: [],
    confinement: 'none',
    disks: [],
    engine: false,
  });
  const links = LIBRARIES.map((name) => `ln -s /mnt/lib/x86_64-linux-gnu/${name} /run/libraries`);
  const first = ['mount -t hostfs -o hostfs=/ none /mnt', 'mkdir /run/libraries', ...links];
  for (const line of [...first, ...lines]) expect(await guest(line)).toMatchObject({ code: 0, stderr: '' });
}
afterEach(async () => {
  if (folder === undefined) return;
  await endKernel(folder);
  rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

const SOCKET = `perl -MSocket -e 'socket S, AF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un "/run/docker.sock" or die $!'`;
const left = async () =>
  (await guest('ls -A /run/lvslab 2>/dev/null; cat /proc/mounts | grep lvslab')).stdout;
const loaded = async () => (await guest('cat /proc/modules')).stdout;

it('is where labs go by themselves, before an engine, and the others are named', async () => {
  await host(SOCKET, 'ln -s /run /var/run 2>/dev/null || true');
  expect(await loaded()).not.toContain('ip_vs');
  const doctor = await lab('doctor');
  expect(doctor.code, doctor.stdout).toBe(0);
  expect(doctor.stdout).toMatch(/✔ local machine +namespaces; .* has ip_vs as a module/);
  expect(await loaded()).not.toContain('ip_vs');

  const up = await lab('up nat');
  expect(up.code, up.stderr).toBe(0);
  expect(up.stdout).toContain(
    "local (this host's kernel has ip_vs; not tried: --runtime docker, --machine embedded)",
  );
  expect(await lab('test nat')).toMatchObject({ code: 0 });
  expect(await lab('down nat')).toMatchObject({ code: 0 });
  expect(await left()).toBe('');

  // An engine that is asked for comes first; this one does not answer.
  const stated = await lab('up nat --json', 'DOCKER_HOST=unix:///run/docker.sock');
  expect(JSON.parse(stated.stdout)).toMatchObject({ machine: 'local', runtime: 'netns' });
  expect((await lab('down nat')).code).toBe(0);
  const asked = await lab('up nat --runtime docker --machine local');
  expect(asked.code).toBe(3);
  expect(asked.stderr).toContain('does not answer');
});

/** On a host that is made so, a lab on it is refused before anything is made, in these words. */
it.each<[string, { made?: string[]; as?: string; words: string[] }]>([
  [
    'loads no modules any more',
    {
      made: ['echo 1 >/proc/sys/kernel/modules_disabled'],
      words: ['kernel.modules_disabled is 1', 'restart this host'],
    },
  ],
  [
    'has no modules for the kernel that runs',
    {
      made: ['mount -t tmpfs none /lib/modules'],
      words: [
        '/lib/modules/',
        'has no modules',
        'restart this host',
        'modprobe: FATAL: Module ip_vs not found',
      ],
    },
  ],
  [
    'may not load modules',
    {
      as: 'setpriv --bounding-set=-sys_module env',
      words: ['may not load', 'CAP_SYS_MODULE', 'modprobe ip_vs'],
    },
  ],
  [
    'is not its user’s to change',
    {
      as: 'setpriv --reuid=1000 --clear-groups --inh-caps=+dac_override --ambient-caps=+dac_override env LVSLAB_STATE=/tmp/labs',
      words: ['need root', 'sudo'],
    },
  ],
])('that %s is refused, with what to do', async (_, { made = [], as, words }) => {
  await host(...made);
  const doctor = await lab('doctor --json', as);
  const { findings } = JSON.parse(doctor.stdout) as {
    findings: { title: string; state: string; detail: string; fix?: string }[];
  };
  const local = findings.find(({ title }) => title === 'local machine');
  const up = await lab('up nat --machine local --runtime netns', as);
  expect(up.code, up.stdout).toBe(3);
  expect(local).toMatchObject({ state: 'cannot' });
  for (const word of words) {
    expect(up.stderr).toContain(word);
    expect(`${local?.detail ?? ''}\n${local?.fix ?? ''}`).toContain(word);
  }
  expect(up.stdout).toBe('');
  expect(await left()).toBe('');
  expect(await loaded()).not.toContain('ip_vs');
});

it('whose module is there and cannot be loaded says so in modprobe’s words, and makes nothing', async () => {
  await host('mount --bind /etc/passwd "$(modinfo -F filename ip_vs)"');
  const up = await lab('up nat --machine local --runtime netns');
  expect(up.code, up.stdout).toBe(3);
  expect(up.stderr).toMatch(/this host's kernel does not load ip_vs.*\n?.*modprobe: .*could not insert/);
  expect(up.stdout).toBe('');
  expect(await left()).toBe('');
});
