import * as z from 'zod';
import { KEYS } from './keys.ts';

const DAY = 86_400;
const UNITS: Partial<Record<string, number>> = { s: 1, m: 60, h: 3600, d: DAY };
/** What ipvsadm takes (parse_timeout in ipvsadm.c): 31 days. */
const MOST = 31 * DAY;

/** A duration as a file writes it, `15m`; its value is whole seconds, from 1 to 31 days. */
export function duration(key: string, example: string) {
  return z
    .string()
    .transform((text, context): number => {
      const [, digits = '', unit = ''] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
      const seconds = Number(digits) * (UNITS[unit] ?? 0);
      if (seconds >= 1 && seconds <= MOST) return seconds;
      context.issues.push({ code: 'custom', message: 'is not a time from 1s to 31d', input: text });
      return z.NEVER;
    })
    .register(KEYS, { write: `write it with its unit, s, m, h or d, such as \`${key}: ${example}\`` });
}

/** Seconds as a person writes them: `15m`. */
export function durationText(seconds: number): string {
  const fits = Object.entries(UNITS).findLast(([, size = 1]) => seconds % size === 0) ?? ['s', 1];
  return `${seconds / (fits[1] ?? 1)}${fits[0]}`;
}
