import type { ChildProcess, StdioOptions } from 'node:child_process';
import { hostCommand } from '../../host/command.ts';
import { line as commandLine } from '../../plan/script.ts';
import type { Finished } from '../machine.ts';
import { spawnTied } from '../tied.ts';

/**
 * The guest's serial line is an ssh connection whose client stays in the background as its holder; every later
 * command is one more channel of it. So many commands, terminals and streams share the line, and none of them can
 * take it down.
 */
const COMMON = ['-F', '/dev/null', '-o', 'LogLevel=ERROR', '-o', 'EscapeChar=none', '-o', 'ControlPath=ctl'];

/**
 * Arguments of the ssh client that starts the guest and holds its line. Every such client is started in the lab's folder
 * and names what is there by its name alone: ssh splits the words of its options, expands `%` and `${}` in them, and a
 * socket's path has at most 107 bytes, while a folder may be called anything and be anywhere.
 * @param proxyCommand a file in that folder
 */
export function masterArguments(proxyCommand: string): string[] {
  return [
    ...COMMON,
    ...['-N', '-M', '-o', 'ControlPersist=no', '-o', `ProxyCommand=./${proxyCommand}`],
    // Nobody else can be at the other end: it is a process that this client itself starts.
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'IdentityFile=none'],
    ...['-o', 'PreferredAuthentications=none', '-o', 'KexAlgorithms=curve25519-sha256'],
    ...['-o', 'Ciphers=aes128-ctr', '-o', 'MACs=umac-64@openssh.com', '-o', 'ServerAliveInterval=0'],
    'root@guest',
  ];
}

function clientArguments(tty: boolean, argv: string[]): string[] {
  return [
    ...COMMON,
    // Where the line is gone, fail at once rather than look for a host of that name.
    ...['-o', 'ControlMaster=no', '-o', 'ProxyCommand=false'],
    tty ? '-tt' : '-T',
    'root@guest',
    commandLine(argv),
  ];
}

/** Runs a command in the guest to its end. */
export async function runOnLine(
  directory: string,
  argv: string[],
  input: string | Buffer = '',
): Promise<Finished> {
  const result = await hostCommand('ssh', clientArguments(false, argv), {
    cwd: directory,
    input,
    encoding: 'buffer',
    reject: false,
    stripFinalNewline: false,
  });
  return {
    code: result.exitCode ?? 255,
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr).toString(),
  };
}

/** Starts a command in the guest with live streams. */
export function startOnLine(
  directory: string,
  argv: string[],
  { stdio, tty = false }: { stdio: StdioOptions; tty?: boolean },
): ChildProcess {
  return spawnTied(['ssh', ...clientArguments(tty, argv)], { stdio, tty, cwd: directory });
}

/** Whether the line answers. */
export async function isUp(directory: string): Promise<boolean> {
  const result = await hostCommand('ssh', [...COMMON, '-O', 'check', 'root@guest'], {
    cwd: directory,
    reject: false,
  });
  return result.exitCode === 0;
}

/**
 * Makes a socket of the guest's one of this host's, for as long as the line is there.
 * @param local its name in the lab's folder
 * @throws Error where the line is gone
 */
export async function forwardOnLine(directory: string, local: string, remote: string): Promise<void> {
  await hostCommand('ssh', [...COMMON, '-O', 'forward', '-L', `./${local}:${remote}`, 'root@guest'], {
    cwd: directory,
  });
}

/**
 * Makes a socket of this host one of the guest's, for as long as the line is there. Again, it changes nothing.
 * @param local its name in the lab's folder
 * @throws Error where the line is gone
 */
export async function forwardToHost(directory: string, remote: string, local: string): Promise<void> {
  await hostCommand('ssh', [...COMMON, '-O', 'forward', '-R', `${remote}:./${local}`, 'root@guest'], {
    cwd: directory,
  });
}
