export const OUTCOMES = ['pass', 'fail', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One thing that `lab test` looked at. */
export interface Check {
  /** Stable name, for machines. */
  id: string;
  /** As a reader finds it in the table. */
  title: string;
  outcome: Outcome;
  /** Why, in one line. */
  detail: string;
  /** What it was concluded from: packets, table rows, log lines. */
  evidence: string[];
}

/** The worst of all: a failure counts more than what could not be measured. */
export function overall(checks: Check[]): Outcome {
  if (checks.some((check) => check.outcome === 'fail')) return 'fail';
  return checks.length === 0 || checks.some((check) => check.outcome === 'unknown') ? 'unknown' : 'pass';
}
