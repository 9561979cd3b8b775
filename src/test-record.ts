import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labDirectory } from './lab.ts';
import { overall, type Check, type Outcome } from './proof/check.ts';
import { writeWholeFile } from './whole-file.ts';

/** How the last test of a lab ended. */
export interface LastTest {
  /** ISO 8601. */
  time: string;
  outcome: Outcome;
  /** Titles of the checks that did not pass. */
  failed: string[];
}

const fileOf = (lab: string) => join(labDirectory(lab), 'last-test.json');
const activityOf = (lab: string) => join(labDirectory(lab), 'activity');

/** Writes down how a test ended. Whole or not at all; a lab that has gone meanwhile gets no folder by it. */
export function keepTest(lab: string, checks: Check[]): LastTest {
  const last: LastTest = {
    time: new Date().toISOString(),
    outcome: overall(checks),
    failed: checks.filter(({ outcome }) => outcome !== 'pass').map(({ title }) => title),
  };
  if (!existsSync(labDirectory(lab))) return last;
  writeWholeFile(fileOf(lab), `${JSON.stringify(last)}\n`);
  return last;
}

/** How the last test of a lab ended; undefined where there was none. */
export function lastTest(lab: string): LastTest | undefined {
  return existsSync(fileOf(lab)) ? (JSON.parse(readFileSync(fileOf(lab), 'utf8')) as LastTest) : undefined;
}

/** Notes that somebody is at work in a lab. */
export function noteActivity(lab: string): void {
  if (!existsSync(labDirectory(lab))) return;
  writeFileSync(activityOf(lab), '', { mode: 0o600 });
  const now = new Date();
  utimesSync(activityOf(lab), now, now);
}

/** When somebody was last at work in a lab, as far as it was noted: milliseconds since 1970. */
export function lastActivity(lab: string): number | undefined {
  return existsSync(activityOf(lab)) ? statSync(activityOf(lab)).mtimeMs : undefined;
}
