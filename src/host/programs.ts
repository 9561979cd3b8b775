import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where programs of this host are looked for: where the user has them, and where Debian puts root's. */
export function systemPath(): string {
  return `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
}

/**
 * The file of a program of this host, as a shell's `command -v` finds it: to ask one would take a process for each.
 * @returns undefined where there is none
 */
export async function findProgram(program: string): Promise<string | undefined> {
  for (const folder of systemPath().split(':'))
    try {
      const file = join(folder, program);
      await access(file, constants.X_OK);
      if ((await stat(file)).isFile()) return file;
    } catch {
      // Not here.
    }
  return undefined;
}
