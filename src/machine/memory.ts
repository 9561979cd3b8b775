import { readFileSync, readdirSync } from 'node:fs';

/** MiB of physical memory that a process and all that it started have, what they share with others counted in part. */
export function treeMemory(pid: number): number {
  const children = new Map<string, string[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${entry}/stat`);
    // The command name, field 2, is in parentheses and may hold blanks.
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), entry]);
  }
  const tree = [String(pid)];
  for (const parent of tree) tree.push(...(children.get(parent) ?? []));
  return tree.reduce((sum, member) => sum + memoryOf(member), 0) / 1024;
}

/** KiB. Where its share of shared pages may not be read (in a user namespace), all of them are counted. */
function memoryOf(pid: string): number {
  const share = /^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`));
  const all = share ?? /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`));
  return Number(all?.[1] ?? 0);
}

/** What has ended meanwhile, or nobody may read, has nothing. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
