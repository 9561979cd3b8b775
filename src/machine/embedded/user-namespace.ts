import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { linkOrNothing } from '../../host/files.ts';

/**
 * A command in a user namespace of its own, as root there; it starts once `mapAllIds` has said who that is. Root's own
 * files stay root's, and what is registered or mounted there is not the host's. All that it starts ends with the process
 * that this becomes, which SIGKILL alone ends.
 */
export function asNamespaceRoot(argv: string[]): string[] {
  const own = ['--user', '--pid', '--fork', '--mount-proc'];
  // A death signal that is set before ids are known goes when root's rights come.
  const start = 'read -r _ && exec setpriv --pdeathsig KILL "$@"';
  return ['unshare', ...own, '--', '/bin/sh', '-c', start, 'sh', ...argv];
}

/**
 * Lets a command begin that was made by `asNamespaceRoot` and started with a pipe: every id there is the same as here.
 * For root only: nobody else may map ids that are not their own.
 * @throws the system's error where ids may not be mapped; the command has then not begun, and ends
 */
export async function mapAllIds(child: {
  pid?: number;
  stdin: Writable | null;
  exitCode: number | null;
}): Promise<void> {
  const process = `/proc/${child.pid ?? 0}`;
  const here = linkOrNothing('/proc/self/ns/user');
  // What ends before it begins is the caller's to notice.
  child.stdin?.on('error', () => undefined);
  try {
    for (;;) {
      const there = linkOrNothing(`${process}/ns/user`);
      if (there === '' || child.exitCode !== null) return;
      if (there !== here) break;
      await sleep(5);
    }
    for (const map of ['uid_map', 'gid_map'])
      writeFileSync(`${process}/${map}`, sameIds(`/proc/self/${map}`));
    child.stdin?.write('\n');
  } finally {
    child.stdin?.end();
  }
}

/** A map of every id that is known here to itself. */
function sameIds(map: string): string {
  return readFileSync(map, 'utf8').replaceAll(/^ *(\d+) +\d+ +(\d+)$/gm, '$1 $1 $2');
}
