import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { EXIT, LabError } from '../errors.ts';
import { hostCommand } from '../host/command.ts';
import { textOrNothing } from '../host/files.ts';
import { systemPath } from '../host/programs.ts';

/** What this host's kernel says of one of its modules, found out without loading it. */
export interface KernelModule {
  /** `module`: it is there to be loaded. */
  state: 'loaded' | 'module' | 'absent';
  /** modprobe's words where it is absent; empty elsewhere. */
  words: string;
}

/** What decides whether this host's kernel loads modules at all. */
export interface ModuleRules {
  /** Release of the kernel that runs: `6.12.43+deb13-amd64`. */
  release: string;
  /** Whether this host has modules for that very release. */
  kept: boolean;
  /** kernel.modules_disabled: none is loaded until the next start. */
  disabled: boolean;
  /** Whether this process has CAP_SYS_MODULE, which root in a container mostly lacks. */
  allowed: boolean;
}

/** Looks for `ip_vs` in this host's kernel. Loads nothing. */
export async function findIpVs(): Promise<KernelModule> {
  if (existsSync('/proc/net/ip_vs')) return { state: 'loaded', words: '' };
  const { code, words } = await modprobe(['-n', 'ip_vs']);
  return code === 0 ? { state: 'module', words: '' } : { state: 'absent', words };
}

/** Whether this host's kernel has these modules, built in or to be loaded. Loads nothing. */
export async function areKept(modules: string[]): Promise<boolean> {
  return (await modprobe(['-n', '-a', ...modules])).code === 0;
}

/** Number of CAP_SYS_MODULE (linux/capability.h). */
const SYS_MODULE = 16n;

/** Finds out what this host's kernel demands of modules. */
export function moduleRules(): ModuleRules {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(textOrNothing('/proc/self/status'))?.[1] ?? '0';
  return {
    release: release(),
    kept: existsSync(`/lib/modules/${release()}/modules.dep`),
    disabled: textOrNothing('/proc/sys/kernel/modules_disabled').trim() === '1',
    allowed: ((BigInt(`0x${effective}`) >> SYS_MODULE) & 1n) === 1n,
  };
}

/**
 * Loads modules into this host's kernel, as far as they are not in it.
 * @throws LabError machineCannot with modprobe's own words
 */
export async function loadHostModules(modules: string[]): Promise<void> {
  const loaded = textOrNothing('/proc/modules');
  const wanted = modules.filter((name) => !new RegExp(`^${name} `, 'm').test(loaded));
  if (wanted.length === 0) return;
  const { code, words } = await modprobe(['-a', ...wanted]);
  if (code === 0) return;
  throw new LabError(
    EXIT.machineCannot,
    `this host's kernel does not load ${wanted.join(', ')}: ${words.replaceAll('\n', '; ')}`,
    { fix: loadingFix(words) },
  );
}

/** What to do where the kernel refuses a module, by modprobe's words and, where they say little, the kernel's. */
export function loadingFix(words: string): string {
  if (/Key was rejected|Required key|Lockdown|Loading of unsigned/i.test(words))
    return 'it takes only modules that it can verify (Secure Boot, lockdown): take those of the distribution’s own kernel package, or enrol the key that signed them (mokutil --import)';
  if (/Operation not permitted/i.test(words))
    return 'in a container: load them on the host (modprobe ip_vs); elsewhere dmesg says what forbids it (Secure Boot, lockdown, a security module)';
  if (/not found in directory/i.test(words))
    return 'install the modules of the kernel that runs (Debian and Ubuntu: linux-image-… and linux-modules-extra-…), or restart this host where a newer kernel was installed';
  return 'dmesg says what the kernel has against them; installing its package anew replaces damaged modules';
}

async function modprobe(argv: string[]): Promise<{ code: number; words: string }> {
  const env = { PATH: systemPath(), LC_ALL: 'C' };
  const ran = await hostCommand('modprobe', argv, { reject: false, stdin: 'ignore', env });
  const { exitCode, stderr } = ran;
  return exitCode === undefined
    ? { code: 127, words: 'there is no modprobe (Debian package kmod)' }
    : { code: exitCode, words: stderr.trim() };
}
