import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The text of a file of this host; what is gone, or nobody may read, is as if it were empty. */
export function textOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Where a link of this host leads; one that is gone, or that nobody may read, is as if it led nowhere. */
export function linkOrNothing(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

/** What is in a folder of this host; one that is gone, or that nobody may read, is as if it were empty. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether a process of this number is there, be it whose it may. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process is there, too, and may not be asked.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
