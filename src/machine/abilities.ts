import { hostCommand } from '../host-command.ts';
import { existsSync, readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';

/** What this host's own kernel and user allow. Each is found out by trying, not guessed from names. */
export interface HostAbilities {
  linux: boolean;
  x86: boolean;
  root: boolean;
  /** IP Virtual Server in the host's own kernel, loaded or loadable. */
  ipVs: boolean;
  /** The loop device and ext2, with which nodes on the local machine get their root. */
  loopMount: boolean;
  /** Namespaces for the caller, with which the embedded kernel is kept from the host's files. */
  namespaces: boolean;
}

/** Finds out what this host can do; takes some milliseconds. */
export async function hostAbilities(): Promise<HostAbilities> {
  const linux = platform() === 'linux';
  const none = Promise.resolve(false);
  const [ipVs, namespaces] = await Promise.all([
    linux ? hasIpVs() : none,
    linux ? succeeds('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--dev', '/dev', '/bin/true']) : none,
  ]);
  return {
    linux,
    x86: arch() === 'x64',
    root: process.getuid?.() === 0,
    ipVs,
    loopMount: linux && existsSync('/dev/loop-control') && /\bext[24]\n/.test(filesystems()),
    namespaces,
  };
}

async function hasIpVs(): Promise<boolean> {
  if (existsSync('/proc/net/ip_vs')) return true;
  return succeeds('modprobe', ['-n', 'ip_vs']);
}

function filesystems(): string {
  try {
    return readFileSync('/proc/filesystems', 'utf8');
  } catch {
    return '';
  }
}

async function succeeds(program: string, argv: string[]): Promise<boolean> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const result = await hostCommand(program, argv, { reject: false, stdin: 'ignore', env: { PATH: path } });
  return result.exitCode === 0;
}
