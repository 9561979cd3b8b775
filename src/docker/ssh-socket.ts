import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rm, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError } from '../errors.ts';
import { assertSocketPath } from '../machine/socket-path.ts';
import { sshArguments } from '../machine/ssh-arguments.ts';

/** Seconds for an ssh connection, passphrases and slow networks included. */
const PATIENCE = 30;

/** Ends the ssh client with this process, however that ends: its end closes the pipe. */
const HOLD =
  'exec 3<&0; ssh "$@" </dev/null & client=$!; { cat <&3; kill $client; } >/dev/null 2>&1 & wait $client';

/** How the folders of this process's sockets begin, where all processes have theirs. */
export function socketFolder(pid: number): string {
  return `lvslab-${pid}-`;
}

/** Removes what processes that were killed could not. */
function removeForsaken(): void {
  for (const entry of readdirSync(tmpdir())) {
    const pid = /^lvslab-(\d+)-\w{6}$/.exec(entry)?.[1];
    // What is another user's stays.
    if (pid !== undefined && !isThere(Number(pid)))
      rm(join(tmpdir(), entry), { recursive: true, force: true }, () => undefined);
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process is there, too, and may not be asked.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Forwards the Docker socket of another host to a local one, by the user's own ssh, for as long as this process lives.
 * @returns the local socket's path
 * @throws LabError machineCannot with what ssh said
 */
export async function forwardSocket(host: URL): Promise<string> {
  removeForsaken();
  const folder = mkdtempSync(join(tmpdir(), socketFolder(process.pid)));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const local = join(folder, 'docker.sock');
  assertSocketPath(local, 'TMPDIR');
  const remote = host.pathname.length > 1 ? host.pathname : '/var/run/docker.sock';
  const forward = ['-N', '-o', 'ExitOnForwardFailure=yes', '-L', `${asOption(local)}:${asOption(remote)}`];
  const client = spawn('/bin/sh', ['-c', HOLD, 'sh', ...forward, ...sshArguments(host)], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  const ended = () => client.exitCode !== null || client.signalCode !== null;
  client.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (let waited = 0; !existsSync(local); waited += 20) {
    if (ended() || waited > PATIENCE * 1000)
      throw new LabError(
        EXIT.machineCannot,
        `no ssh connection to ${host.host}: ${said.trim() || 'it gave no answer'}`,
        {
          mend: `this must work: ssh ${host.username === '' ? '' : `${host.username}@`}${host.hostname} true`,
        },
      );
    await sleep(20);
  }
  client.unref();
  for (const stream of [client.stdin, client.stderr]) (stream as unknown as { unref(): void }).unref();
  return local;
}

/** A path as ssh takes it in -L: it expands `%`, and a colon would end it. */
function asOption(path: string): string {
  return path.replaceAll('%', '%%').replaceAll(/[\\:]/g, String.raw`\$&`);
}
