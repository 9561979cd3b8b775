import { expect } from 'vitest';
import type { TimelineReport } from '../../../src/commands/timeline.ts';
import type { Check } from '../../../src/proof/check.ts';
import type { user } from '../cli.ts';

type User = ReturnType<typeof user>;

/** Looks at the only lab for a while in which is done to it what the steps say. */
export function timeline({ json }: User, seconds: number, ...steps: string[]): Promise<TimelineReport> {
  const doing = steps.flatMap((step) => ['--do', step]);
  return json<TimelineReport>(['timeline', '--for', String(seconds), ...doing]);
}

/** Titles of the checks that are not green. */
export async function broken({ json }: User): Promise<string[]> {
  const { checks } = await json<{ checks: Check[] }>(['test']);
  return checks.filter((check) => check.outcome !== 'pass').map((check) => `${check.title}: ${check.detail}`);
}

/** When something was done first, and when a table changed first in a way that `pattern` describes. */
export function times({ events }: TimelineReport, pattern: RegExp): { action: number; change: number } {
  const action = events.find((event) => event.source === 'action');
  const change = events.find((event) => event.source === 'ipvs' && pattern.test(event.text));
  expect(change, `${pattern.source} in ${events.map((e) => e.text).join('\n')}`).toBeDefined();
  return { action: Date.parse(action?.time ?? ''), change: Date.parse(change?.time ?? '') };
}
