import { execa } from 'execa';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localMachine } from '../../../src/machine/local.ts';
import { buildAlone } from '../../../src/machine/embedded/builds.ts';
import { packageMirror, target } from '../../../src/machine/embedded/recipe.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { hostProcessor, type Processor } from '../../../src/host/processor.ts';
import { cacheDirectory, packageRoot } from '../../../src/host/paths.ts';

/** A processor, as Debian calls it: one of those that labs run on, or of others that people have. */
export type Architecture = Processor | 'armhf' | 'riscv64';

/** What an agent and the contract of runtimes want of a node; and what the kernel says of its system calls. */
const PACKAGES = [
  ...['base-files', 'bsdutils', 'coreutils', 'dash', 'hostname', 'iproute2', 'iputils-ping', 'libc-bin'],
  ...['linux-libc-dev', 'mount', 'perl-base', 'procps', 'tcpdump'],
];

/** Its parts of QEMU, each a static program that runs another processor's programs. */
const EMULATORS: Record<Architecture, string> = {
  ...{ amd64: 'qemu-x86_64', arm64: 'qemu-aarch64' },
  ...{ armhf: 'qemu-arm', riscv64: 'qemu-riscv64' },
};

/** Where a tree has the programs of another processor, and what runs them. */
const EMULATED = 'emulated';

/** Runs a command with a tree as its root. */
export const ENTER_TREE = join(packageRoot, 'test/lab/agent/enter-tree');

/** Places in a tree at which file systems are mounted. */
const PLACES = ['dev', 'lab', 'mnt', 'old', 'proc', 'root', 'run', 'sys', 'tmp'];

/**
 * A root file system of a processor, from Debian's packages; kept in the cache. Nothing of it is run while it is made,
 * and nothing is installed on this host.
 * @returns its folder
 */
export async function ensureTree(architecture: Architecture): Promise<string> {
  const directory = join(cacheDirectory(), `test-tree-${architecture}-3`);
  if (existsSync(directory)) return directory;
  await buildAlone(
    'test-tree',
    () => undefined,
    async (work) => {
      if (existsSync(directory)) return;
      const tree = join(work, 'tree');
      await extract(architecture, PACKAGES, tree);
      for (const place of PLACES) await mkdir(join(tree, place), { recursive: true });
      await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
      if (architecture !== hostProcessor()) await emulate(architecture, tree, join(work, 'tools'));
      // The root of a file system is everybody's to enter.
      await chmod(tree, 0o755);
      await rename(tree, directory);
    },
  );
  return directory;
}

/** Unpacks packages with all that they need, and runs none of their scripts. */
async function extract(architecture: Architecture, packages: string[], folder: string): Promise<void> {
  await execa('mmdebstrap', [
    ...['--variant=extract', `--architectures=${architecture}`, '--format=directory'],
    ...['--aptopt=Acquire::Check-Valid-Until "false"', `--include=${packages.join(',')}`],
    ...target(folder, packageMirror()),
  ]);
}

/**
 * Puts a script of this host's processor in the place of each program, which has QEMU run it. A kernel would run QEMU by
 * itself if it was told to, but for every program of this host (binfmt_misc).
 */
async function emulate(architecture: Architecture, tree: string, tools: string): Promise<void> {
  const own = hostProcessor();
  if (own === undefined) throw new Error(`no emulation on ${process.arch}`);
  await extract(own, ['busybox-static', 'qemu-user'], tools);
  const place = join(tree, EMULATED);
  await mkdir(join(place, 'bin'), { recursive: true });
  await copyFile(join(tools, 'usr/bin', EMULATORS[architecture]), join(place, 'qemu'));
  await copyFile(join(tools, 'usr/bin/busybox'), join(place, 'sh'));
  for (const folder of ['usr/bin', 'usr/sbin'].map((name) => join(tree, name)))
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!entry.isFile() || !isProgram(path)) continue;
      await rename(path, join(place, 'bin', entry.name));
      const script = `#!/${EMULATED}/sh\nexec /${EMULATED}/qemu -0 "$0" /${EMULATED}/bin/${entry.name} "$@"\n`;
      await writeFile(path, script, { mode: 0o755 });
    }
}

/** Whether a file is an ELF program. */
function isProgram(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(4);
    readSync(file, head);
    return head.toString('latin1') === '\x7fELF';
  } finally {
    closeSync(file);
  }
}

/**
 * This host as root, but for its files, which are a tree's.
 * @param folder on this host, which the tree has as /lab: the records go there, and it may have an agent of its own
 * @param agent the agent's path in the tree
 */
export function treeMachine(tree: string, folder: string, agent = '/lab/node-agent'): Machine {
  const host = localMachine('/lab/nodes', '/');
  const enter = [ENTER_TREE, tree, folder];
  return { ...host, agent, start: (argv, options) => host.start([...enter, ...argv], options) };
}
