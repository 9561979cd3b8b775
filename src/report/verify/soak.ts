import type { Leftovers } from '../../lifecycle/leftovers.ts';
import type { VerifyReport } from '../../commands/verify-report.ts';
import { counted } from '../../topology/counted.ts';

/**
 * What repeating shows: rows of a table, the first its head. Drift compares the medians of the first and the last
 * third, so that one slow round does not count as drift.
 */
export function soakFigures({ rounds, results, left }: VerifyReport): string[][] {
  const times = rounds.map((round) => round.seconds);
  const first = rounds[0];
  const last = rounds.at(-1);
  const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
  const change = drift(times);
  return [
    ['figure', 'value'],
    ['rounds', `${rounds.length}, ${counted(results.length, 'lab')}`],
    ['did not pass', String(results.filter((result) => result.outcome !== 'pass').length)],
    [
      'time of a round',
      `median ${median(times).toFixed(1)} s, from ${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)} s`,
    ],
    [
      'drift of the time',
      change === undefined
        ? 'too few rounds to say'
        : `${change > 0 ? '+' : ''}${(change * 100).toFixed(1)}%`,
    ],
    [
      "this process's memory",
      `${mebibytes(first?.memory ?? 0)} after the first round, ${mebibytes(last?.memory ?? 0)} after the last`,
    ],
    [
      "this process's open files",
      `${first?.openFiles ?? 0} after the first round, ${last?.openFiles ?? 0} after the last`,
    ],
    ['left behind', leftText(left)],
  ];
}

/** `nothing`, or `2 processes, 1 mounts`. */
export function leftText(left: Leftovers): string {
  const words = { processes: 'processes', mounts: 'mounts', loopDevices: 'loop devices', files: 'files' };
  const found = (Object.keys(words) as (keyof Leftovers)[]).filter((key) => left[key].length > 0);
  return found.length === 0 ? 'nothing' : found.map((key) => `${left[key].length} ${words[key]}`).join(', ');
}

/** How much longer the last third of some rounds took than the first, as a fraction; undefined for fewer than six. */
export function drift(seconds: number[]): number | undefined {
  const third = Math.floor(seconds.length / 3);
  if (third < 2) return undefined;
  return median(seconds.slice(-third)) / median(seconds.slice(0, third)) - 1;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}
