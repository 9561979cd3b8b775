import { existsSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { hostCommand } from '../host/command.ts';
import { textOrNothing } from '../host/files.ts';
import { systemPath } from '../host/programs.ts';
import { areKept, findIpVs, moduleRules, type KernelModule, type ModuleRules } from './kernel-modules.ts';
import { hostProcessor, type Processor } from '../host/processor.ts';

/** What this host's own kernel and user allow. Each is found out by trying, not guessed from names. */
export interface HostAbilities {
  /** As Node.js names it: `linux`, `darwin`, `win32`. */
  system: NodeJS.Platform;
  /** Undefined for one that no lab runs on. */
  processor: Processor | undefined;
  /** The processor as Node.js names it. */
  arch: string;
  root: boolean;
  /** IP Virtual Server in the host's own kernel. */
  ipVs: KernelModule;
  modules: ModuleRules;
  /** The loop device and ext2, there or as modules, with which nodes on the local machine get their root. */
  loopMount: boolean;
  /** This host runs from the very root that nodes are given. */
  insideRoot: boolean;
  /** Namespaces for the caller, with which the embedded kernel is kept from the host's files. */
  namespaces: boolean;
}

/** All namespaces anew, as the embedded machine asks for them; it ends with whoever asked. */
const NEW_NAMESPACES = ['--unshare-all', '--die-with-parent'];

/** Finds out what this host can do; takes some milliseconds. */
export async function hostAbilities(): Promise<HostAbilities> {
  const system = platform();
  const linux = system === 'linux';
  const modules = moduleRules();
  const [ipVs, loopMount, namespaces] = await Promise.all([
    linux ? findIpVs() : { state: 'absent' as const, words: '' },
    linux && mountsImages(modules),
    linux && succeeds('bwrap', [...NEW_NAMESPACES, '--ro-bind', '/', '/', '--dev', '/dev', '/bin/true']),
  ]);
  return {
    system,
    processor: hostProcessor(),
    arch: arch(),
    root: process.getuid?.() === 0,
    ipVs,
    modules,
    loopMount,
    insideRoot: linux && insideRoot(),
    namespaces,
  };
}

async function mountsImages({ disabled, allowed }: ModuleRules): Promise<boolean> {
  const lacking = imageModules();
  return lacking.length === 0 || (!disabled && allowed && (await areKept(lacking)));
}

/** Modules of this host's kernel that must be loaded before the root of nodes can be mounted; none where it can be now. */
export function imageModules(): string[] {
  return [
    // The kernel loads it as somebody opens this file, which only udev puts there before.
    ...(existsSync('/dev/loop-control') ? [] : ['loop']),
    ...(/\bext[24]\n/.test(textOrNothing('/proc/filesystems')) ? [] : ['ext4']),
  ];
}

/** Whether this host itself runs from the root that nodes are given. */
export function insideRoot(): boolean {
  return existsSync('/usr/sbin/guest-init');
}

async function succeeds(program: string, argv: string[]): Promise<boolean> {
  const result = await hostCommand(program, argv, {
    reject: false,
    stdin: 'ignore',
    env: { PATH: systemPath() },
  });
  return result.exitCode === 0;
}
