import { basename, dirname, join } from 'node:path';
import { namesIn, textOrNothing } from '../../host/files.ts';
import { writeWholeFile } from '../../state/own-files.ts';

/** In a lab's folder: the number of the host's processor on which its kernel and all processes of its nodes run. */
const PROCESSOR = 'processor';

/** Where the host tells of its processors. */
const HOST = { status: '/proc/self/status', processors: '/sys/devices/system/cpu' };

/**
 * Chooses the processor of the host that a lab's kernel is kept on, and writes it down in the lab's folder.
 *
 * A guest has one processor: its kernel and its processes, which are processes of the host, run in turns, and one wakes
 * the other some 26 times for each connection. On one processor that is a switch of 4 µs; the host's scheduler likes to
 * wake on one that is idle, which must be woken itself, and that takes ten times as long (bench/load-profile.md).
 * @param directory the lab's folder, beside those of other labs
 * @returns undefined where there is nothing to choose
 */
export function placeKernel(directory: string, host = HOST): number | undefined {
  const allowed = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(textOrNothing(host.status))?.[1];
  const processors = allowed === undefined ? [] : numbersIn(allowed);
  if (processors.length < 2) return undefined;
  const taken = placesBeside(directory);
  const speeds = processors.map((number) =>
    Number(textOrNothing(join(host.processors, `cpu${number}`, 'cpufreq', 'cpuinfo_max_freq'))),
  );
  const fastest = Math.max(...speeds);
  // Labs are spread; of as many labs, the processors that are not made to save power.
  const costs = processors.map(
    (processor, index) =>
      2 * taken.filter((number) => number === processor).length +
      Number((speeds[index] ?? 0) < 0.8 * fastest),
  );
  const least = Math.min(...costs);
  const best = processors.filter((_, index) => costs[index] === least);
  // Folders of other users are not seen: not everybody is to begin with the same.
  const chosen = best[process.pid % best.length];
  writeWholeFile(join(directory, PROCESSOR), String(chosen));
  return chosen;
}

/** Where the other labs are. */
function placesBeside(directory: string): number[] {
  const parent = dirname(directory);
  return namesIn(parent)
    .filter((name) => name !== basename(directory))
    .map((name) => textOrNothing(join(parent, name, PROCESSOR)))
    .filter((text) => text !== '')
    .map(Number);
}

/** The numbers of a list as the kernel writes it: `0-2,5`. */
function numbersIn(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
