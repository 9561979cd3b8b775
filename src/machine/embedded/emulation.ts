import { existsSync } from 'node:fs';
import { platform } from 'node:os';
import { EXIT, LabError } from '../../errors.ts';
import { hostCommand } from '../../host/command.ts';
import { findProgram } from '../../host/programs.ts';
import { textOrNothing } from '../../host/files.ts';
import type { Progress } from '../../terminal/progress.ts';
import { ELF_MACHINES, hostProcessor, processorText, type Processor } from '../../host/processor.ts';
import { ensurePrograms, missing, type HostProgram } from './packages.ts';

/** Where the kernel is told what runs programs that it cannot run itself. */
const REGISTRY = '/proc/sys/fs/binfmt_misc';

/** QEMU's names of processors. */
const QEMU: Record<Processor, string> = { amd64: 'x86_64', arm64: 'aarch64' };

/** How packages of a processor are set up on this host, which runs programs of their own. */
export interface Execution {
  /** Arguments of mmdebstrap. */
  options: string[];
  /** It takes a user namespace, which an ordinary user's mmdebstrap makes for itself and root's does not. */
  namespace: boolean;
}

/** Packages of this host's own processor, or such as are not set up. */
export const DIRECTLY: Execution = { options: [], namespace: false };

/** QEMU's program that runs those of a processor; it must stand alone, as it is started where nothing of this host is. */
function emulator(processor: Processor): HostProgram {
  return {
    program: `qemu-${QEMU[processor]}-static`,
    package: 'qemu-user-static',
    purpose: `runs the programs of ${processorText(processor)} packages`,
  };
}

/**
 * Finds out how programs of a processor are run here: directly, by what the host has registered for them, or by QEMU,
 * which is then registered in a user namespace of the build's own, so that the host stays as it is.
 * @param elsewhere what else gets the user what is to be made
 * @throws LabError machineCannot where none of these is possible
 */
export async function executionFor(
  processor: Processor,
  elsewhere: string,
  progress: Progress,
): Promise<Execution> {
  const text = processorText(processor);
  const cannot = (why: string, how: string) =>
    new LabError(EXIT.machineCannot, `packages of ${text} cannot be set up on this host: ${why}`, {
      fix: [how, elsewhere].filter((way) => way !== '').join('; or '),
    });
  if (platform() !== 'linux') throw cannot('it is not Linux', '');
  if (processor === hostProcessor()) return DIRECTLY;
  if (isRegistered(processor)) return REGISTERED;
  if (!(await canRegister()))
    throw cannot(
      `it is ${hostText()}, and nothing is registered to run such programs (binfmt_misc)`,
      'install qemu-user-static and binfmt-support, so that the host has it registered (root on Linux 6.7 or newer does without)',
    );
  const qemu = emulator(processor);
  await ensurePrograms([qemu], progress);
  progress.note(`the programs of ${text} packages are emulated (${qemu.program}): a quarter of an hour`);
  // To install it may have been to register it.
  if (isRegistered(processor)) return REGISTERED;
  const path = await findProgram(qemu.program);
  if (path === undefined) throw cannot(`${qemu.program} is not to be found`, '');
  const hook = `--setup-hook=${register(processor, path)}`;
  return { options: ['--mode=unshare', ...REGISTERED.options, hook], namespace: true };
}

function hostText(): string {
  const own = hostProcessor();
  return own === undefined ? process.arch : processorText(own);
}

/** mmdebstrap would look with a program of its own, arch-test. */
const REGISTERED: Execution = { options: ['--skip=check/qemu'], namespace: false };

/** Whether the host runs programs of a processor wherever they are: the flag F is for an interpreter that is open already. */
function isRegistered(processor: Processor): boolean {
  const entry = textOrNothing(`${REGISTRY}/qemu-${QEMU[processor]}`);
  return /^enabled$/m.test(entry) && /^flags: \S*F/m.test(entry);
}

/** Whether this user can have a registry in a user namespace, which Linux 6.7 and newer allow. */
async function canRegister(): Promise<boolean> {
  if (
    !existsSync(REGISTRY) ||
    (await missing([{ program: 'unshare', package: 'util-linux', purpose: '' }])).length > 0
  )
    return false;
  const argv = [
    '--user',
    '--map-root-user',
    '--mount',
    '--',
    'mount',
    '-t',
    'binfmt_misc',
    'binfmt_misc',
    REGISTRY,
  ];
  return (await hostCommand('unshare', argv, { reject: false, stdin: 'ignore' })).exitCode === 0;
}

/**
 * A hook of mmdebstrap that registers an interpreter for 64-bit little-endian ELF programs of a processor, executables
 * and shared objects. Flags: F opens it at once, P keeps a program's own name for it.
 */
export function register(processor: Processor, interpreter: string): string {
  const byte = (value: number) => `\\x${value.toString(16).padStart(2, '0')}`;
  const bytes = (...values: number[]) => values.map(byte).join('');
  const same = (count: number) => Array.from({ length: count }, () => 0xff);
  const none = (count: number) => Array.from({ length: count }, () => 0);
  // The ELF header: identification (16 bytes, of which the eighth, the system's, is anything), type 2 or 3, processor.
  const magic = bytes(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...none(9), 2, 0, ELF_MACHINES[processor], 0);
  const mask = bytes(...same(7), 0, ...same(8), 0xfe, ...same(3));
  const entry = `:lvslab:M::${magic}:${mask}:${interpreter}:FP`;
  return `mount -t binfmt_misc binfmt_misc ${REGISTRY} && printf %s '${entry}' >${REGISTRY}/register`;
}
