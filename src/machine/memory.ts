import { textOrNothing } from '../host/files.ts';
import { processTree } from './processes.ts';

/** MiB of physical memory that a process and all that it started have, what they share with others counted in part. */
export function treeMemory(pid: number): number {
  return processTree(pid).reduce((sum, member) => sum + memoryOf(member), 0) / 1024;
}

/** KiB. Where its share of shared pages may not be read (in a user namespace), all of them are counted. */
function memoryOf(pid: number): number {
  const share = /^Pss:\s+(\d+)/m.exec(textOrNothing(`/proc/${pid}/smaps_rollup`));
  const all = share ?? /^VmRSS:\s+(\d+)/m.exec(textOrNothing(`/proc/${pid}/status`));
  return Number(all?.[1] ?? 0);
}
