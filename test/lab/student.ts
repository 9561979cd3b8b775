import { execa } from 'execa';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Handout } from '../../src/commands/class/open.ts';
import type { Ran } from './cli.ts';

/**
 * Students with ssh clients of their own, which know a password, or a key.
 * @param folder for what they keep
 */
export function students(folder: string) {
  const askpass = join(folder, 'askpass');
  writeFileSync(askpass, '#!/bin/sh\necho "$ASKED"\n');
  chmodSync(askpass, 0o700);

  function start(
    { port, password }: Pick<Handout, 'port' | 'password'>,
    options: string[],
    command: string[],
  ) {
    const known = join(folder, 'known');
    return execa(
      'ssh',
      [
        ...['-F', '/dev/null', '-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${known}`],
        ...['-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=30', '-p', String(port), ...options],
        ...['student@127.0.0.1', ...command],
      ],
      {
        env: { ASKED: password, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', SSH_AUTH_SOCK: '' },
        ...{ reject: false, timeout: 110_000, cleanup: false },
      },
    );
  }

  async function ssh(...what: Parameters<typeof start>): Promise<Ran> {
    const child = start(...what);
    child.stdin.end();
    const { exitCode = -1, stdout, stderr } = await child;
    return { code: exitCode, stdout, stderr };
  }

  return { start, ssh };
}
