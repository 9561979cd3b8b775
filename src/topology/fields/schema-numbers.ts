import * as z from 'zod';

/** Seconds of a persistence that states none. */
export const DEFAULT_PERSISTENCE = 300;

/** A health check that says no more than that there is one. */
export const DEFAULT_HEALTH = {
  by: 'ldirectord',
  check: 'connect',
  interval: 2,
  timeout: 1,
  failures: 1,
  quiescent: false,
} as const;

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
  interval: [1, 3600],
  failures: [1, 10],
  upper: [1, 2_147_483_647],
  lower: [1, 2_147_483_647],
  // Of VRRP and of the sync daemon, which would also take 0 and then hear everybody.
  id: [1, 255],
} as const satisfies Record<string, readonly [number, number]>;

/** A whole number within its range. */
export function number(field: keyof typeof RANGES): z.ZodInt {
  const [least, most] = RANGES[field];
  return z.int().min(least).max(most);
}
