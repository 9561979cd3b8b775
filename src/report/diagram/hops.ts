import type { Lanes } from './sizes.ts';
import type { Crossing, Walk } from '../../proof/types.ts';

/** A packet's way that is drawn: the first request of a connection, or the first answer to it. */
export interface DrawnWay {
  kind: 'request' | 'reply' | 'error';
  /** Index into `walk.journeys`. */
  journey: number;
  label: string;
  hops: DrawnHop[];
}

export interface DrawnHop {
  /** On the arrow and in the table, counted over both ways. */
  number: number;
  /** Index into the journey's `crossings`. */
  index: number;
  crossing: Crossing;
}

/** The first request and its reply; in place of a reply that never came, the first ICMP error. */
export function drawnWays(walk: Walk): DrawnWay[] {
  const first = (kind: DrawnWay['kind']) => walk.journeys.findIndex((j) => j.direction === kind);
  const reply = first('reply');
  const chosen = [first('request'), reply >= 0 ? reply : first('error')].filter((index) => index >= 0);
  let number = 0;
  return chosen.flatMap((index): DrawnWay[] => {
    const journey = walk.journeys[index];
    if (journey === undefined) return [];
    const hops = journey.crossings.map((crossing, i) => ({ number: ++number, index: i, crossing }));
    return [{ kind: journey.direction, journey: index, label: journey.label, hops }];
  });
}

/** Whether an arrow can be drawn: a crossing between two interfaces that nobody knows has no place. */
export function hasArrow(crossing: Crossing): boolean {
  return crossing.from !== undefined || crossing.to !== undefined;
}

/** The room that the arrows need. */
export function lanesOf(ways: DrawnWay[]): Lanes {
  const lanes: Lanes = { wires: new Map(), bars: new Map() };
  const more = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { crossing } of ways.flatMap((way) => way.hops)) {
    if (!hasArrow(crossing)) continue;
    more(lanes.bars, crossing.network);
    for (const place of [crossing.from, crossing.to])
      if (place !== undefined) more(lanes.wires, `${place.node}/${place.device}`);
  }
  return lanes;
}
