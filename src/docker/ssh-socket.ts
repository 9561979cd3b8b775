import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError, complained } from '../errors.ts';
import { isThere } from '../host/files.ts';
import { assertSocketPath } from '../machine/socket-path.ts';
import { socketForward, sshArguments, type SshHost } from '../machine/ssh-arguments.ts';
import { line } from '../plan/script.ts';
import { removeEmpty } from '../state/folders.ts';
import { distrust } from '../state/own-files.ts';

/** Seconds for an ssh connection, passphrases and slow networks included. */
const PATIENCE = 30;

/** Ends the ssh client with this process, however that ends: its end closes the pipe. */
const HOLD =
  'exec 3<&0; ssh "$@" </dev/null & client=$!; { cat <&3; kill $client; } >/dev/null 2>&1 & wait $client';

const SOCKET = 'docker.sock';

/** How the folders of this process's sockets begin, where all processes have theirs. */
export function socketFolder(pid: number): string {
  return `lvslab-${pid}-`;
}

/** Removes what processes that were killed could not. */
function removeForsaken(): void {
  for (const entry of readdirSync(tmpdir())) {
    const pid = /^lvslab-(\d+)-\w{6}$/.exec(entry)?.[1];
    if (pid === undefined || isThere(Number(pid))) continue;
    const folder = join(tmpdir(), entry);
    const found = lstatSync(folder, { throwIfNoEntry: false });
    // What is another user's stays, also where root could remove it.
    if (found === undefined || distrust(found, 'directory') !== undefined) continue;
    // Such a folder holds a socket and nothing else.
    rmSync(join(folder, SOCKET), { force: true });
    removeEmpty(folder);
  }
}

/**
 * Forwards the Docker socket of another host to a local one, by the user's own ssh, for as long as this process lives.
 * @returns the local socket's path
 * @throws LabError machineCannot with what ssh said
 */
export async function forwardSocket(host: SshHost): Promise<string> {
  removeForsaken();
  const folder = mkdtempSync(join(tmpdir(), socketFolder(process.pid)));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const local = join(folder, SOCKET);
  assertSocketPath(local, 'TMPDIR');
  const remote = host.path.length > 1 ? host.path : '/var/run/docker.sock';
  const forward = ['-N', '-o', 'ExitOnForwardFailure=yes', '-L', socketForward(local, remote)];
  const client = spawn('/bin/sh', ['-c', HOLD, 'sh', ...forward, ...sshArguments(host)], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  let begun = true;
  client.once('error', ({ message }) => {
    begun = false;
    said = `this system cannot run ssh for it (${message})`;
  });
  const ended = () => !begun || client.exitCode !== null || client.signalCode !== null;
  client.stderr.on('data', (chunk: Buffer) => (said = complained(said, chunk)));
  for (let waited = 0; !existsSync(local); waited += 20) {
    if (ended() || waited > PATIENCE * 1000)
      throw new LabError(
        EXIT.machineCannot,
        `no ssh connection to ${host.host}: ${said.trim() || 'it gave no answer'}`,
        {
          fix: `this must work: ${line(['ssh', ...sshArguments(host), 'true'])}`,
        },
      );
    await sleep(20);
  }
  client.unref();
  for (const stream of [client.stdin, client.stderr]) (stream as unknown as { unref(): void }).unref();
  return local;
}
