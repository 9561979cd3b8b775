import { findLab } from '../lifecycle/existing.ts';
import type { Check, Outcome } from '../proof/check.ts';
import { countAsHint } from '../records/exercise.ts';
import { keepTest, noteActivity } from '../records/test.ts';
import { noteAnswers } from './first-requests.ts';
import { test } from './test.ts';

/** A lab that was tested. */
export interface LabTest {
  lab: string;
  outcome: Outcome;
  checks: Check[];
}

/**
 * Tests a lab as somebody who works at it: the result is kept, it counts as a hint in an exercise, and a lab that was up and
 * did not answer is so no more where every service does.
 * @param reference undefined: the only lab that is up
 * @param say told, before the test, what it costs in an exercise
 * @throws LabError badInput where there is no such lab
 */
export async function testLab(
  reference: string | undefined,
  say: (text: string | undefined) => void,
): Promise<LabTest> {
  const found = await findLab(reference);
  const { name } = found.record;
  say(await countAsHint(name, 'test'));
  const checks = await test(found);
  const { outcome } = keepTest(name, checks);
  await noteAnswers(found.record, checks);
  noteActivity(name);
  return { lab: name, outcome, checks };
}
