import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootstrap } from '../../src/machine/embedded/bootstrap.ts';
import { buildAlone } from '../../src/machine/embedded/builds.ts';
import { ensurePrograms } from '../../src/machine/embedded/packages.ts';
import { WITHOUT_DOCUMENTS, packageMirror } from '../../src/machine/embedded/recipe.ts';
import { cacheDirectory } from '../../src/host/paths.ts';
import { createProgress } from '../../src/terminal/progress.ts';
import { EXTRACTING_PROGRAMS, extractingRecipe, finishExtracted } from './extracted.ts';
import type { System } from './systems.ts';

const GUEST = join(import.meta.dirname, 'guest');

/** What is wanted on this host to make and run a virtual machine. */
function programs({ emulator, emulatorPackage, extracted }: System) {
  return [
    { program: emulator, package: emulatorPackage, purpose: 'emulates the machine' },
    { program: 'mmdebstrap', package: 'mmdebstrap', purpose: 'installs its system' },
    { program: 'mke2fs', package: 'e2fsprogs', purpose: 'makes its disk' },
    { program: 'setpriv', package: 'util-linux', purpose: 'ends what is unfinished with the test' },
    ...(extracted ? EXTRACTING_PROGRAMS : []),
  ];
}

/** A system installed on a disk, with what is booted from outside it. */
export interface Disk {
  /** Raw ext4, only read from: each machine's changes are its own, and gone with it. */
  image: string;
  kernel: string;
  initrd: string;
}

/** Bytes of a disk; it is sparse, and takes what is on it. */
const SIZE = '12G';

/** How the root is made of packages. */
function recipe(system: System, work: string, mirror?: string): string[] {
  return system.extracted ? extractingRecipe(system, work, mirror) : installingRecipe(system, work, mirror);
}

/** Hooks run on the root while it is being made, with the root's path in $1. */
function installingRecipe(
  { suite, processor, packages, units }: System,
  work: string,
  mirror?: string,
): string[] {
  return [
    '--variant=minbase',
    `--architectures=${processor}`,
    '--format=directory',
    ...WITHOUT_DOCUMENTS,
    `--include=${packages.join(',')}`,
    // Before the kernel is installed: an initrd with what this machine needs, of a tenth of the usual size.
    '--essential-hook=mkdir -p "$1/etc/initramfs-tools/conf.d"; printf "MODULES=list\\nCOMPRESS=zstd\\n" > "$1/etc/initramfs-tools/conf.d/small"',
    '--essential-hook=printf "virtio_pci\\nvirtio_mmio\\nvirtio_blk\\next4\\n" > "$1/etc/initramfs-tools/modules"',
    '--customize-hook=mkdir -p "$1/usr/lib/lvslab-test"',
    `--customize-hook=upload ${GUEST}/agent /usr/lib/lvslab-test/agent`,
    `--customize-hook=upload ${GUEST}/agent.service /etc/systemd/system/agent.service`,
    '--customize-hook=chmod 755 "$1/usr/lib/lvslab-test/agent"; echo guest > "$1/etc/hostname"; printf "/dev/vda / ext4 noatime 0 1\\n" > "$1/etc/fstab"; passwd -R "$1" -d root',
    `--customize-hook=chroot "$1" systemctl enable agent.service`,
    // Each is started by the step that needs it.
    `--customize-hook=chroot "$1" systemctl disable ${units.join(' ')}`,
    '--customize-hook=chroot "$1" systemctl mask systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service dpkg-db-backup.timer fstrim.timer getty.target',
    suite,
    work,
    ...(mirror === undefined ? [] : [mirror]),
  ];
}

/** What a system is called that is made of this, wherever the project's folder is. */
function key(system: System): string {
  const words = recipe(system, '').map((word) => word.replaceAll(GUEST, 'guest'));
  const hash = createHash('sha256').update(JSON.stringify([words, SIZE]));
  for (const name of readdirSync(GUEST).sort()) hash.update(readFileSync(join(GUEST, name)));
  if (system.extracted) hash.update(readFileSync(join(import.meta.dirname, 'extracted.ts')));
  return hash.digest('hex').slice(0, 12);
}

/**
 * The disk of a system, made where it is not there yet. One that is there is whole: it is moved into its place in one
 * step.
 */
export async function ensureDisk(system: System): Promise<Disk> {
  const progress = createProgress(process.stderr, { quiet: true });
  await ensurePrograms(programs(system), progress);
  const folder = join(cacheDirectory(), `test-host-${system.name}-${key(system)}`);
  const disk = {
    image: join(folder, 'disk.img'),
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd.img'),
  };
  // Whatever else is being built meanwhile need not be waited for.
  if (existsSync(folder)) return disk;
  if (process.getuid?.() !== 0) throw new Error(`only root can make the disk of ${system.name}`);
  await buildAlone(
    'test-host',
    () => undefined,
    async (work) => {
      if (existsSync(folder)) return;
      const [root, made] = [join(work, 'root'), join(work, 'made')];
      await mkdir(made);
      const task = progress.start('test host', system.name);
      const place = { work, output: root };
      await bootstrap(recipe(system, root, packageMirror()), place, task, progress);
      if (system.extracted) await finishExtracted(root, work, made);
      else await takeBootFiles(root, made);
      await execa('mke2fs', [
        ...['-q', '-t', 'ext4', '-m', '0', '-O', '^has_journal', '-d', root],
        ...[join(made, 'disk.img'), SIZE],
      ]);
      await removeOthers(system);
      await rename(made, folder);
    },
  );
  return disk;
}

/** The kernel and its initrd, out of a root in which they were installed. */
async function takeBootFiles(root: string, made: string): Promise<void> {
  for (const [name, pattern] of [
    ['vmlinuz', /^vmlinuz-/],
    ['initrd.img', /^initrd\.img-/],
  ] as const) {
    const found = readdirSync(join(root, 'boot')).find((file) => pattern.test(file));
    if (found === undefined) throw new Error(`no ${name} in ${root}/boot`);
    await rename(join(root, 'boot', found), join(made, name));
  }
}

/** Removes what earlier versions of the recipe have made. */
async function removeOthers({ name }: System): Promise<void> {
  for (const other of readdirSync(cacheDirectory()))
    if (other.startsWith(`test-host-${name}-`)) await rm(join(cacheDirectory(), other), { recursive: true });
}
