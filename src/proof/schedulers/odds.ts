import type { PlannedService } from '../../plan/types.ts';

/** Below this, a real server that got nothing is no accident. */
export const NEVER = 1e-6;
/** Below this it may be one, and nobody should call it well. */
export const RARE = 1e-3;

/** How likely it is that an even hash leaves some real server without any of so many. */
export function oddsOfNone({ servers }: PlannedService, count: number): number {
  const sum = servers.reduce((all, { weight }) => all + weight, 0);
  return servers
    .filter(({ weight }) => weight > 0)
    .reduce((odds, { weight }) => odds + (1 - weight / sum) ** count, 0);
}
