import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { labDirectory, labExists } from './lab.ts';
import { OUTCOMES, overall, type Check } from '../proof/check.ts';
import { isOwnFile, readOwnFile, writeWholeFile } from '../state/own-files.ts';
import { parseRecord } from '../state/records.ts';

const lastTestSchema = z.object({
  /** ISO 8601. */
  time: z.string(),
  outcome: z.enum(OUTCOMES),
  /** Titles of the checks that did not pass. */
  failed: z.array(z.string()),
});
/** How the last test of a lab ended. */
export type LastTest = z.infer<typeof lastTestSchema>;

const fileOf = (lab: string) => join(labDirectory(lab), 'last-test.json');
const activityOf = (lab: string) => join(labDirectory(lab), 'activity');

/**
 * Writes down how a test ended, for the board. A lab that has gone meanwhile gets no folder by it.
 * @returns what it wrote, or would have where the disk is full: the test has its result all the same
 */
export function keepTest(lab: string, checks: Check[]): LastTest {
  const last: LastTest = {
    time: new Date().toISOString(),
    outcome: overall(checks),
    failed: checks.filter(({ outcome }) => outcome !== 'pass').map(({ title }) => title),
  };
  unlessFull(() => {
    if (labExists(lab)) writeWholeFile(fileOf(lab), `${JSON.stringify(last)}\n`);
  });
  return last;
}

/** How the last test of a lab ended; undefined where there was none. @throws LabError labFailed where it is damaged */
export function lastTest(lab: string): LastTest | undefined {
  const text = readOwnFile(fileOf(lab));
  return text === undefined
    ? undefined
    : parseRecord(
        text,
        lastTestSchema,
        `the record of the last test of lab ${lab}`,
        `test it again: lab test ${lab}`,
      );
}

/** Notes that somebody is at work in a lab, for the board. */
export function noteActivity(lab: string): void {
  unlessFull(() => {
    if (!labExists(lab)) return;
    const file = activityOf(lab);
    if (!isOwnFile(file)) writeWholeFile(file, '');
    const now = new Date();
    utimesSync(file, now, now);
  });
}

/** A board that lacks something on a full disk is no reason for the command itself to fail. */
function unlessFull(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** When somebody was last at work in a lab, as far as it was noted: milliseconds since 1970. */
export function lastActivity(lab: string): number | undefined {
  const file = activityOf(lab);
  return isOwnFile(file) ? statSync(file).mtimeMs : undefined;
}
