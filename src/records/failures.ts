import { join } from 'node:path';
import * as z from 'zod/mini';
import { changeLabFile, labDirectory } from './lab.ts';
import { FAILURES } from '../plan/failures.ts';
import { readOwnFile } from '../state/own-files.ts';
import { parseRecord } from '../state/records.ts';

const failureActionSchema = z.object({
  /** ISO 8601. */
  time: z.string(),
  action: z.enum(['fail', 'heal']),
  node: z.string(),
  /** A daemon or interface; absent: the whole node. */
  what: z.exactOptional(z.string()),
  /** Of `fail`. */
  how: z.exactOptional(z.enum(FAILURES)),
});
/** Something that `fail` or `heal` did to a lab. */
export type FailureAction = z.infer<typeof failureActionSchema>;

const FILE = 'failures';

/** Writes down what is about to be done, or has been. */
export async function recordAction(lab: string, action: FailureAction): Promise<void> {
  await changeLabFile(lab, FILE, (text = '') => `${text}${JSON.stringify(action)}\n`);
}

/** What has been done to a lab, oldest first. @throws LabError labFailed where the record is damaged */
function actionsOf(lab: string): FailureAction[] {
  const file = join(labDirectory(lab), FILE);
  const fix = `put the lab back to its plan and begin a new record: rm ${file}; lab reset ${lab}`;
  return (readOwnFile(file) ?? '')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => parseRecord(row, failureActionSchema, `the record of the failures in lab ${lab}`, fix));
}

/** What failed and was not healed since, oldest first. */
export function failuresOf(lab: string): FailureAction[] {
  return outstanding(actionsOf(lab));
}

/** Of actions, oldest first, the failures that no later one undid: healing a node heals all that is on it. */
export function outstanding(actions: FailureAction[]): FailureAction[] {
  let left: FailureAction[] = [];
  for (const action of actions) {
    left = left.filter(
      (f) =>
        f.node !== action.node ||
        (action.action === 'heal' ? action.what !== undefined && f.what !== action.what : !isSame(f, action)),
    );
    if (action.action === 'fail') left.push(action);
  }
  return left;
}

function isSame(a: FailureAction, b: FailureAction): boolean {
  return a.node === b.node && a.what === b.what && a.how === b.how;
}

/** `rs1`, `rs1 web`. */
export function placeText({ node, what }: { node: string; what?: string | undefined }): string {
  return what === undefined ? node : `${node} ${what}`;
}

/** `rs1 web answers wrongly`, `rs1 has no power`, `director eth0 is down`. */
export function failureText({ node, what, how }: Omit<FailureAction, 'time' | 'action'>): string {
  if (what === undefined) return `${node} has no power`;
  const place = placeText({ node, what });
  if (how === 'freeze') return `${place} is frozen`;
  if (how === 'wrong') return `${place} answers wrongly`;
  return `${place} is ${/^eth\d+$/.test(what) ? 'down' : 'killed'}`;
}
