import type { Quality } from '../topology/types.ts';
import type { FoundFact } from './facts.ts';
import { plainly, qualityAttributes } from './planned.ts';

/** A row of `tc -json qdisc show`. Times are in seconds, losses a fraction of one, rates in bytes a second. */
export interface Qdisc {
  kind: string;
  handle?: string;
  dev: string;
  root?: boolean;
  options?: {
    delay?: { delay: number; jitter: number };
    'loss-random'?: { loss: number };
    rate?: { rate: number } | number;
    [other: string]: unknown;
  };
}

/** Other ways in which netem can harm packets: named, not measured. */
const OTHER_HARM = ['corrupt', 'duplicate', 'reorder', 'loss-state', 'loss-gemodel', 'slot'];

/** What each interface does with what it sends, where that is not plain. */
export function qualityFacts(qdiscs: Qdisc[]): FoundFact[] {
  return qdiscs.flatMap((qdisc): FoundFact[] => {
    // What the kernel attached by itself has no handle.
    if (qdisc.root !== true || qdisc.handle === undefined || qdisc.handle === '0:') return [];
    const { kind, dev, options = {} } = qdisc;
    return [
      {
        kind: 'link quality',
        name: dev,
        attributes: {
          ...qualityAttributes(kind === 'netem' ? netemQuality(options) : {}),
          discipline: kind,
          ...Object.fromEntries(OTHER_HARM.filter((key) => key in options).map((key) => [key, 'yes'])),
        },
        remove: plainly(dev),
      },
    ];
  });
}

/** The measures of a netem discipline; nought where it has none. */
export function netemQuality(options: NonNullable<Qdisc['options']>): Quality {
  const { delay, rate } = options;
  return {
    delay: Math.round((delay?.delay ?? 0) * 1e6),
    jitter: Math.round((delay?.jitter ?? 0) * 1e6),
    loss: Number(((options['loss-random']?.loss ?? 0) * 100).toFixed(3)),
    rate: (typeof rate === 'object' ? rate.rate : 0) * 8,
  };
}
