import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError } from '../../errors.ts';
import { textOrNothing } from '../../host/files.ts';
import { packageRoot } from '../../host/paths.ts';
import { line as commandLine, quote } from '../../plan/script.ts';
import { lastLines } from './packages.ts';
import type { Kernel } from './kernel.ts';
import type { Root } from './root.ts';
import { identityText } from '../processes.ts';
import { writeWholeFile } from '../../state/own-files.ts';
import { masterArguments } from './line.ts';
import { placeKernel } from './placement.ts';

/** How the guest is kept away from the host. */
export type Confinement = 'namespaces' | 'none';

/** Seconds after which a kernel that has not answered never will; on a busy machine many boot at once. */
const BOOT_LIMIT = 120;

/**
 * Becomes the ssh client, having written down who that is where its descriptor 3 leads: were it for the caller alone to
 * do so, a kill between the two would leave a kernel that nobody knows of. Not by the file's name: that may be removed
 * already, and would be there again.
 */
const RECORD_AND_RUN = `
  record() { shift 19; echo "$$ $1"; }
  read -r stat </proc/$$/stat && record \${stat##*) } >&3 || exit 1
  exec ssh "$@" 3>&-`;

/** In the lab's folder, where the ssh client is started. */
const [SCRIPT, HOLDER] = ['boot.sh', 'holder'];

/** A disk image beside the root. */
export interface Disk {
  file: string;
  /** `copy`: what is written goes to a file that ends with the kernel. */
  use: 'read' | 'write' | 'copy';
}

export interface Boot {
  kernel: Kernel;
  root: Root;
  /** Ceiling in MiB; pages are taken when first used. */
  memory: number;
  /** Processes that it may have at most, each of which is one of the host's too; undefined: as its memory allows. */
  processes?: number;
  /** Kernel modules that are loaded at once. */
  modules: string[];
  confinement: Confinement;
  /** /dev/ubdb, /dev/ubdc … */
  disks: Disk[];
  /** Whether a Docker engine is to run, with its data on the first of the disks. */
  engine: boolean;
  /** A build's kernel is of no use without the build, however that ends; a lab's lives on without its `up`. */
  endsWithCaller?: boolean;
}

/**
 * Boots the embedded kernel for a lab and returns when its line answers. Files in `directory`: `holder` (identity of
 * the ssh client that holds the line), `ctl` (its socket), `console.log`, `boot.log`.
 */
export async function boot(directory: string, options: Boot): Promise<void> {
  mkdirSync(join(directory, 'tmp'), { recursive: true, mode: 0o700 });
  const script = join(directory, SCRIPT);
  writeWholeFile(script, bootScript(directory, options), 0o700);
  const log = openSync(join(directory, 'boot.log'), 'w');
  // Room for the record; on a full disk this fails here, where the reason can be told.
  writeWholeFile(join(directory, HOLDER), ' '.repeat(64));
  const record = openSync(join(directory, HOLDER), 'r+');
  const argv = ['-c', RECORD_AND_RUN, 'ssh', ...masterArguments(SCRIPT)];
  const [program = '', ...tie] =
    options.endsWithCaller === true ? ['setpriv', '--pdeathsig', 'KILL', '/bin/sh'] : ['/bin/sh'];
  const holder = spawn(program, [...tie, ...argv], {
    detached: true,
    cwd: directory,
    stdio: ['ignore', log, log, record],
    // Runs the proxy command; a user's own shell may be anything.
    env: { ...process.env, SHELL: '/bin/sh' },
  });
  // At once: this command may be asked to end before that program has begun, and must know what to end.
  writeSync(record, identityText(holder.pid ?? 0), 0);
  closeSync(log);
  closeSync(record);
  let failed: string | undefined;
  holder.once('error', (error) => {
    failed = error.message;
  });
  holder.once('exit', (code, signal) => {
    failed = `ended with ${signal ?? `exit code ${code}`}`;
  });
  holder.unref();
  const limit = performance.now() + BOOT_LIMIT * 1000;
  while (!isReady(directory)) {
    if (failed !== undefined || performance.now() > limit)
      throw bootFailure(directory, failed ?? `gave no answer within ${BOOT_LIMIT} s`);
    await sleep(10);
  }
}

function isReady(directory: string): boolean {
  try {
    accessSync(join(directory, 'ctl'), constants.F_OK);
    return true;
  } catch {
    return false;
  }
}

function bootFailure(directory: string, reason: string): LabError {
  const log = ['boot.log', 'console.log']
    .map((file) => textOrNothing(join(directory, file)))
    .filter((text) => text !== '')
    .join('\n');
  const fix = FIXES.find(([pattern]) => pattern.test(log))?.[1];
  return new LabError(
    EXIT.machineCannot,
    `the embedded kernel did not come up: it ${reason}\n${lastLines(log)}`,
    {
      fix: fix ?? 'see what this machine can do: lab doctor',
    },
  );
}

const FIXES: [RegExp, string][] = [
  [
    // -12 is ENOMEM; signal 9 without a word of anybody's is how the system ends what takes too much.
    /errno = -12\b|Cannot allocate memory|out of memory|the kernel was ended by signal 9\b/i,
    'there is not enough memory for this lab: take down others (lab list), raise the limit where one is set (ulimit -v, a memory limit of the container or service), or take fewer nodes',
  ],
  [
    /boot\.sh: Permission denied/,
    'a lab needs a folder where programs may be run: in a container give --tmpfs /tmp:exec, elsewhere name one with LVSLAB_STATE',
  ],
  [
    /No user exists for uid/,
    'ssh wants a name for every user: give this one a line in /etc/passwd, or use the image or tarball of lab bundle, which do without',
  ],
];

/** By this the kernel calls the folder of its console. */
const IDENTIFIER = 'lab';

/**
 * What the kernel is not to spend memory on: it is the host's, and there is one kernel for each seat of a class. Tables of
 * a size for servers, file systems that are built in and not used, security modules without a policy.
 */
const SPARING = [
  ...['dhash_entries=1024', 'ihash_entries=1024', 'jfs.nTxBlock=16', 'jfs.nTxLock=256'],
  ...['lsm=capability', 'slab_merge'],
];

/** The proxy command of the ssh client: the relay, and the kernel behind it. */
function bootScript(directory: string, options: Boot): string {
  const { kernel, root, memory, processes, modules, confinement, engine } = options;
  const confined = confinement === 'namespaces';
  // By the way from the folder where it is started, as the root's image.
  const modulesFile = confined ? kernel.modules : kernel.modules && relative(root.directory, kernel.modules);
  const builtIn: Disk[] = modulesFile === undefined ? [] : [{ file: modulesFile, use: 'read' }];
  const disks = [...options.disks, ...builtIn];
  const temporary = confined ? '/tmp' : join(resolve(directory), 'tmp');
  const mconsole = join(temporary, IDENTIFIER, 'mconsole');
  const started = [
    kernel.program,
    `mem=${memory}M`,
    ...(processes === undefined ? [] : [`sysctl.kernel.threads-max=${processes}`]),
    'seccomp=on',
    'quiet',
    `umid=${IDENTIFIER}`,
    `uml_dir=${temporary}/`,
    ...['con=null', 'con0=null,fd:3', 'ssl=null', 'ssl0=fd:0,fd:1'],
    // By its name in the folder where it is started: a comma or a colon would end the path.
    `ubd0r=${basename(root.image)}`,
    ...disks.map((disk, index) =>
      diskArgument(confined ? { ...disk, file: seen(index) } : disk, index + 1, temporary),
    ),
    ...SPARING,
    ...['root=/dev/ubda', 'rootfstype=ext2', 'ro', 'init=/usr/sbin/guest-init'],
    `lab_modules=${modules.join(',')}`,
    ...(engine ? ['lab_engine=1'] : []),
    ...(builtIn.length > 0 ? [`lab_built_in=/dev/ubd${'abcdefgh'[disks.length] ?? ''}`] : []),
  ];
  const readOnly = (folder: string) => ['--ro-bind', folder, folder];
  // The kernel can mount any host directory it may read (hostfs), so it gets a view of the host with nothing in it
  // but its own files, in namespaces without network or other processes. No /proc either: in it root's own user id
  // may write settings of the host, whatever the capabilities. All that the kernel wants of it is where it lies itself.
  const jail = [
    ...['bwrap', '--unshare-all', '--die-with-parent', '--cap-drop', 'ALL', '--new-session'],
    // In this order: the root may itself lie below /tmp.
    ...['--tmpfs', '/tmp', ...readOnly(root.directory), ...readOnly(kernel.directory), '--dev', '/dev'],
    ...disks.flatMap(({ file, use }, index) => [use === 'write' ? '--bind' : '--ro-bind', file, seen(index)]),
    ...['--ro-bind', '/proc/cpuinfo', '/proc/cpuinfo', '--symlink', kernel.program, '/proc/self/exe'],
    ...['--remount-ro', '/', '--remount-ro', '/dev'],
    ...['--clearenv', '--setenv', 'TMPDIR', '/tmp', '--setenv', 'HOME', '/tmp'],
    ...['--chdir', root.directory],
  ];
  const command = [...(confined ? jail : ['setpriv', '--pdeathsig', 'KILL']), ...started];
  const processor = placeKernel(resolve(directory));
  // Where that is not allowed, it runs all the same.
  const placed = processor === undefined ? '' : `taskset -p -c ${processor} $$ >/dev/null 2>&1\n`;
  return `#!/bin/sh
# Starts the embedded kernel of this lab; run by the ssh client that holds its serial line.
exec 2>>boot.log 3>>console.log
${placed}export HOME=${quote(temporary)} TMPDIR=${quote(temporary)}
# Debian's kernel names its dynamic linker by a path from there.
cd ${quote(root.directory)} || exit 1
exec perl ${quote(join(packageRoot, 'images', 'line-relay'))} ${quote(mconsole)} ${commandLine(command)}
`;
}

/** Where the kernel sees a disk, by a path that its arguments can have. */
const seen = (index: number) => `/disks/${index + 1}`;

/** The user-mode kernel's own argument for a disk: number, r for read-only, a file of changes before the image. */
function diskArgument({ file, use }: Disk, number: number, temporary: string): string {
  if (use === 'copy') return `ubd${number}=${join(temporary, `disk${number}`)},${file}`;
  return `ubd${number}${use === 'read' ? 'r' : ''}=${file}`;
}
