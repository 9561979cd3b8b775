import { execa } from 'execa';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { WITHOUT_DOCUMENTS } from '../../src/machine/embedded/recipe.ts';
import type { HostProgram } from '../../src/machine/embedded/packages.ts';
import type { System } from './systems.ts';

const GUEST = join(import.meta.dirname, 'guest');

/** What it takes on this host beside mmdebstrap. */
export const EXTRACTING_PROGRAMS: HostProgram[] = [
  { program: 'depmod', package: 'kmod', purpose: 'lists the modules of the machine’s kernel' },
  { program: 'cpio', package: 'cpio', purpose: 'packs the initrd of the machine' },
  { program: 'xz', package: 'xz-utils', purpose: 'unpacks the modules in it' },
];

/** What mounts the disk; what they depend on comes along. ext4 asks for the checksum by another name than the module's. */
const BOOT_MODULES = ['crc32c_generic', 'ext4', 'virtio_blk'];

/**
 * Arguments of mmdebstrap for a root whose packages are extracted and nothing more: none of their scripts runs, so that
 * they can be another processor's, and no emulation is needed.
 */
export function extractingRecipe(
  { suite, processor, packages }: System,
  root: string,
  mirror?: string,
): string[] {
  return [
    '--variant=extract',
    `--architectures=${processor}`,
    '--format=directory',
    ...WITHOUT_DOCUMENTS,
    '--include=?essential',
    `--include=${packages.join(',')}`,
    suite,
    root,
    ...(mirror === undefined ? [] : [mirror]),
  ];
}

/** Accounts as base-passwd has them, and those that packages of a node or an engine make. */
const ACCOUNTS = ['sshd:x:101:65534::/run/sshd:/usr/sbin/nologin'];
const GROUPS = ['docker:x:101:'];

/** Names that packages' scripts choose among alternatives. */
const ALTERNATIVES: Record<string, string> = {
  '/usr/bin/awk': 'mawk',
  '/var/run': '/run',
  ...Object.fromEntries(
    ['iptables', 'ip6tables'].flatMap((name) =>
      ['', '-save', '-restore'].map((tail) => [`/usr/sbin/${name}${tail}`, `${name}-nft${tail}`]),
    ),
  ),
};

/** Does for a root that was extracted what the packages' scripts would have done, as far as the test needs it. */
async function configure(root: string): Promise<void> {
  for (const [name, more] of [
    ['passwd', ACCOUNTS],
    ['group', GROUPS],
  ] as const) {
    const text = await readFile(join(root, `usr/share/base-passwd/${name}.master`), 'utf8');
    // No password for root: nobody can come in but by the test's own line.
    const open = text.replace(/^root:[^:]*:/m, 'root::');
    await writeFile(join(root, 'etc', name), `${open}${more.map((row) => `${row}\n`).join('')}`);
  }
  for (const [path, to] of Object.entries(ALTERNATIVES)) {
    // A package may have the place as an empty folder.
    await rm(join(root, path), { recursive: true, force: true });
    await symlink(to, join(root, path));
  }
  await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost guest\n');
  await writeFile(join(root, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files\n');
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  const own = join(root, 'usr/lib/lvslab-test');
  await mkdir(own);
  for (const name of ['agent', 'init']) {
    await copyFile(join(GUEST, name), join(own, name));
    await chmod(join(own, name), 0o755);
  }
}

/** Files below a kernel's folder of modules, in the order in which they are to be loaded. */
async function bootModules(folder: string): Promise<string[]> {
  const rows = (await readFile(join(folder, 'modules.dep'), 'utf8')).split('\n');
  const files = BOOT_MODULES.flatMap((module) => {
    const row = rows.find((r) => r.split(':')[0]?.endsWith(`/${module}.ko.xz`));
    if (row === undefined) throw new Error(`no module ${module} in ${folder}`);
    // The module, and then what it needs, the nearest first.
    return row.replace(':', '').trim().split(/\s+/).reverse();
  });
  return [...new Set(files)];
}

/** Makes an initrd with a shell and the modules that mount the disk. */
async function makeInitrd(root: string, modules: string, work: string, file: string): Promise<void> {
  const tree = join(work, 'initrd');
  for (const name of ['bin', 'dev', 'modules', 'root']) await mkdir(join(tree, name), { recursive: true });
  await cp(join(root, 'usr/bin/busybox'), join(tree, 'bin/busybox'));
  await copyFile(join(GUEST, 'initrd-init'), join(tree, 'init'));
  await chmod(join(tree, 'init'), 0o755);
  for (const [index, name] of (await bootModules(modules)).entries()) {
    const { stdout } = await execa('xz', ['-dc', join(modules, name)], { encoding: 'buffer' });
    await writeFile(join(tree, 'modules', `${String(index).padStart(2, '0')}.ko`), stdout);
  }
  const { stdout } = await execa('sh', ['-c', 'find . | cpio --quiet -o -H newc | gzip -1'], {
    cwd: tree,
    encoding: 'buffer',
  });
  await writeFile(file, stdout);
}

/**
 * Makes a root that was extracted one that boots.
 * @param work folder for unfinished parts
 * @param made folder that gets `vmlinuz` and `initrd.img`
 */
export async function finishExtracted(root: string, work: string, made: string): Promise<void> {
  await configure(root);
  const [version, ...others] = await readdir(join(root, 'usr/lib/modules'));
  if (version === undefined || others.length > 0) throw new Error(`not one kernel's modules in ${root}`);
  await execa('depmod', ['-b', root, version], {
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  await makeInitrd(root, join(root, 'usr/lib/modules', version), work, join(made, 'initrd.img'));
  await rename(join(root, 'boot', `vmlinuz-${version}`), join(made, 'vmlinuz'));
}
