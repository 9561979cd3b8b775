import type { PlannedServer } from '../../plan/types.ts';

/** A round of more connections than this is judged by a part of it. */
const LONGEST_ROUND = 64;

/** Connections after which wrr is back where it began. */
export function roundOf(weights: number[]): number {
  const unit = weightUnit(weights);
  return weights.reduce((sum, weight) => sum + weight / unit, 0);
}

/** Whether so long a round of wrr is judged by a part. */
export function isLongRound(weights: number[]): boolean {
  return roundOf(weights) > LONGEST_ROUND;
}

/** Connections to judge wrr by: whole rounds, eight connections at least; of a long round, a part. */
export function wholeRounds(weights: number[]): number {
  const round = roundOf(weights);
  return round > LONGEST_ROUND ? LONGEST_ROUND : round * Math.max(1, Math.ceil(8 / round));
}

/**
 * Whether so many connections to each server can follow each other in wrr, wherever in its round they began. Source:
 * ip_vs_wrr.c: a level falls from the highest weight to the unit; at each level, each server whose weight reaches it
 * has one turn. The servers' order at one level is not known here, so a part may begin and end within a level.
 */
export function isPartOfRound(
  servers: Pick<PlannedServer, 'node' | 'weight'>[],
  counts: Map<string, number>,
): boolean {
  const weights = servers.map((server) => server.weight);
  const unit = weightUnit(weights.filter((weight) => weight > 0));
  const levels = Math.max(...weights) / unit;
  const wanted = servers.map((server) => counts.get(server.node) ?? 0);
  const total = wanted.reduce((sum, count) => sum + count, 0);
  // A stretch is a partial level, whole levels, and a partial level: each server's count may exceed the whole levels'
  // by its turns in the two partial ones.
  const turns = (server: number, level: number) => ((weights[server] ?? 0) / unit >= level ? 1 : 0);
  for (const start of startsWorthTrying(weights, unit, total)) {
    const whole = servers.map(() => 0);
    const head = servers.map((_, s) => turns(s, start));
    let level = start;
    for (let length = 0; length <= total; length += 1) {
      level = level === 1 ? levels : level - 1;
      const tail = servers.map((_, s) => turns(s, level));
      if (
        wanted.every(
          (count, s) =>
            count >= (whole[s] ?? 0) && count <= (whole[s] ?? 0) + (head[s] ?? 0) + (tail[s] ?? 0),
        )
      )
        return true;
      for (const [s, turn] of tail.entries()) whole[s] = (whole[s] ?? 0) + turn;
      if (whole.reduce((sum, count) => sum + count, 0) > total) break;
    }
  }
  return false;
}

/** Between the weights one level is like the next: only those from which a stretch reaches a weight differ. */
function startsWorthTrying(weights: number[], unit: number, total: number): Set<number> {
  const levels = Math.max(...weights) / unit;
  const turning = [...new Set([0, ...weights.map((weight) => weight / unit)])];
  return new Set(
    turning
      .flatMap((level) => Array.from({ length: total + 3 }, (_, above) => level + above))
      .filter((level) => level >= 1 && level <= levels),
  );
}

export function weightUnit(weights: number[]): number {
  return weights.reduce(greatestCommonDivisor, 0) || 1;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
