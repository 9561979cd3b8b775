import { spawnSync } from 'node:child_process';
import { isatty } from 'node:tty';
import { statFields } from './processes.ts';

/**
 * Whether what is typed at the terminal that is standard input is for this process: its process group is the terminal's
 * foreground one. In the background it would take what is typed to the shell. False where standard input is no terminal.
 */
export function hasTerminal(): boolean {
  if (!isatty(0)) return false;
  const [group, foreground] = terminalGroups();
  return group === foreground;
}

/** This process's group, and the foreground group of its terminal (proc(5), fields pgrp and tpgid of stat). */
function terminalGroups(): [string | undefined, string | undefined] {
  const fields = statFields(process.pid);
  if (fields.length > 0) return [fields[2], fields[5]];
  // Systems without /proc.
  const asked = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], { encoding: 'utf8' });
  // And without `ps`, as Windows, which has no background to read a terminal from.
  if (asked.error !== undefined) return [undefined, undefined];
  const [group, foreground] = asked.stdout.trim().split(/\s+/);
  return [group, foreground];
}

/** Stops as a program does that reads from its terminal in the background, until it is brought to the foreground. */
export async function untilForeground(): Promise<void> {
  while (isatty(0) && !hasTerminal()) {
    process.kill(process.pid, 'SIGTTIN');
    // Where nobody does job control, as for an orphaned group, it is not stopped.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
