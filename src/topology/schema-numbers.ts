import { z } from 'zod';

/** Seconds of a persistence that states none. */
export const DEFAULT_PERSISTENCE = 300;

/** Smallest and largest of every number in the file. */
export const RANGES = {
  mtu: [68, 65535],
  count: [1, 250],
  port: [1, 65535],
  weight: [0, 65535],
  mark: [1, 0xffffffff],
  // ipvsadm takes 31 days at most.
  persistence: [1, 2_678_400],
  timeout: [1, 2_678_400],
  netmask: [1, 128],
  upper: [1, 2_147_483_647],
  lower: [1, 2_147_483_647],
} as const satisfies Record<string, readonly [number, number]>;

/** A whole number within its range. */
export function number(field: keyof typeof RANGES): z.ZodInt {
  const [least, most] = RANGES[field];
  return z.int().min(least).max(most);
}
