// The kernels that labs of their own can have on this machine, and how fast each boots with nothing to do.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Exit code of `lab` for a command that it does not have. */
const BAD_USAGE = 2;

/** Switches the machine off by reboot(2), so that the kernel ends with 0 if it has come as far as its first process. */
const POWER_OFF = '-esyscall(169,0xfee1dead,672274793,0x4321fedc)';

/** What `lab doctor` finds, also where it says by its exit code that something is missing. */
async function doctor(workplace) {
  try {
    return JSON.parse((await workplace.lab('doctor', '--json')).stdout).findings;
  } catch (error) {
    if (!String(error.stdout).startsWith('{')) throw error;
    return JSON.parse(error.stdout).findings;
  }
}

/**
 * What this machine has.
 * @returns kernels, the one that labs have by default first, each with the environment that chooses it, and with `lacks`
 * where there is no root filesystem for it yet; `local` is why labs with IPVS cannot be on this host's kernel; `engine`
 * whether a Docker engine is where labs look for one, well or not
 */
export async function lookAround(workplace) {
  const findings = await doctor(workplace);
  const finding = (title) => findings.find((each) => each.title === title);
  const here = finding('local machine');
  const local =
    here?.state === 'ok'
      ? undefined
      : `not measured: ${here?.detail.split(':')[0] ?? 'labs cannot be on this host'}${here?.fix === undefined ? '' : `; ${here.fix}`}`;
  const directory = finding('root filesystem')?.detail.split(':')[0] ?? '';
  const lacks = existsSync(join(directory, 'root.img'))
    ? undefined
    : 'not measured: the root filesystem is not built yet; ./lab up nat --machine embedded && ./lab down nat';
  const debian = {
    ...{ id: 'debian', name: 'Debian’s kernel', env: { LVSLAB_KERNEL: 'debian' }, lacks },
    ...{ program: join(directory, 'linux'), root: directory },
    release: /kernel ([\d.]+)/.exec(finding('root filesystem')?.detail ?? '')?.[1],
  };
  const found = await madeKernel(workplace);
  const made = found && {
    ...{ ...debian, id: 'lab', name: 'the made kernel', env: { LVSLAB_KERNEL: 'lab' } },
    ...{ release: found.release, program: join(found.directory, 'linux') },
  };
  const engine = finding('docker') !== undefined && finding('docker').state !== 'missing';
  return { local, engine, kernels: made === undefined ? [debian] : [made, debian] };
}

/** The kernel that `lab kernel build` has made, where there is one that this version uses. */
async function madeKernel(workplace) {
  try {
    const { stdout } = await workplace.lab('kernel', 'list', '--json');
    return JSON.parse(stdout).used;
  } catch (error) {
    // A version of the tool that has no such command says so.
    if (error.exitCode !== BAD_USAGE) throw error;
    return undefined;
  }
}

/** Boots a kernel with one process that does nothing for as long as it is told, and ends; undefined: not at all. */
function bareBoot({ program, root }, folder, code) {
  const argv = [
    ...[
      program,
      'mem=320M',
      'seccomp=on',
      'quiet',
      'con=null',
      'ssl=null',
      `ubd0r=${join(root, 'root.img')}`,
    ],
    ...['root=/dev/ubda', 'rootfstype=ext2', 'ro', `uml_dir=${folder}/`, 'init=/usr/bin/perl', '--', code],
  ];
  // The kernel names its dynamic linker by a path from there.
  return [argv, { cwd: root, env: { TMPDIR: '/dev/shm', HOME: folder }, stdin: 'ignore' }];
}

/** A floor: a kernel that boots as far as its first process, which switches it off. */
export const bootContestant = (workplace, kernel) => ({
  name: `bare boot, ${kernel.name}`,
  role: 'floor',
  lacks: kernel.lacks,
  run: () => workplace.run(...bareBoot(kernel, workplace.folder, POWER_OFF)),
});

/** A kernel with one process that sleeps. @returns the child, which ends with the benchmark at the latest */
export function sleepingKernel(workplace, kernel) {
  const child = workplace.run(...bareBoot(kernel, workplace.folder, '-esleep'));
  return child;
}
