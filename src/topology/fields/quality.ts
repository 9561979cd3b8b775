import type { Quality } from '../types.ts';

/** The measures of a link's quality, as the file and `lab link` call them. */
export const QUALITY_KEYS = ['delay', 'jitter', 'loss', 'rate'] as const;
export type QualityKey = (typeof QUALITY_KEYS)[number];

interface Measure {
  /** Factor of each unit into the plan's own. */
  units: Record<string, number>;
  least: number;
  most: number;
  /** What is allowed, for a fix. */
  allowed: string;
}

const TIME: Measure = {
  units: { us: 1, ms: 1000, s: 1_000_000 },
  least: 0,
  most: 60_000_000,
  allowed: 'a time with its unit, at most 60s: 20ms, 500us, 1.5s',
};

const MEASURES: Record<QualityKey, Measure> = {
  delay: TIME,
  jitter: TIME,
  loss: { units: { '%': 1 }, least: 0, most: 100, allowed: 'a percentage from 0% to 100%: 1%, 0.5%' },
  rate: {
    units: { kbit: 1000, mbit: 1_000_000, gbit: 1_000_000_000 },
    least: 8000,
    most: 100_000_000_000,
    allowed: 'bits in a second with their unit, 8kbit to 100gbit: 512kbit, 10mbit, 1gbit',
  },
};

/** What is allowed for a measure, for a fix: `a time with its unit …`. */
export function allowedFor(key: QualityKey): string {
  return MEASURES[key].allowed;
}

/**
 * Reads a measure as a person writes it.
 * @returns microseconds (delay, jitter), percent (loss) or bit/s (rate); undefined where it is none
 */
export function parseMeasure(key: QualityKey, text: string): number | undefined {
  const { units, least, most } = MEASURES[key];
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?) ?([a-z]+|%)$/i.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  if (digits === undefined || factor === undefined) return undefined;
  // Microseconds and bits are whole; a thousandth of a percent is finer than anybody counts.
  const value = key === 'loss' ? Number(Number(digits).toFixed(3)) : Math.round(Number(digits) * factor);
  return value < least || value > most ? undefined : value;
}

/** A measure as a person writes it, and as tc takes it: `20ms`, `1%`, `10mbit`. */
export function measureText(key: QualityKey, value: number): string {
  const units = Object.entries(MEASURES[key].units);
  const [unit, factor] = units.findLast(([, f]) => value >= f && Number.isInteger(value / f)) ??
    units[0] ?? ['', 1];
  return `${value / factor}${unit}`;
}

/** All of a quality in words: `delay 20ms jitter 2ms loss 1%`; empty for a plain link. */
export function qualityText(quality: Quality): string {
  return QUALITY_KEYS.flatMap((key) => {
    const value = quality[key];
    return value === undefined ? [] : [`${key} ${measureText(key, value)}`];
  }).join(' ');
}

/** Without the measures that are nought: a link with a delay of 0ms is plain. */
export function withoutZeros(quality: Quality): Quality {
  return Object.fromEntries(QUALITY_KEYS.flatMap((key) => (quality[key] ? [[key, quality[key]]] : [])));
}

/** Why measures, each right in itself, do not go together; undefined where they do. */
export function qualityFault(quality: Quality): { why: string; fix: string } | undefined {
  const { delay = 0, jitter = 0 } = quality;
  if (jitter <= delay) return undefined;
  const why =
    delay === 0
      ? `jitter ${measureText('jitter', jitter)} varies a delay, and there is none`
      : `jitter ${measureText('jitter', jitter)} is more than the delay of ${measureText('delay', delay)} that it varies`;
  return { why, fix: `such as delay ${measureText('delay', Math.max(delay, jitter))} with it` };
}
