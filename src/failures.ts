import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labDirectory } from './lab.ts';
import type { FailureKind } from './plan/failures.ts';

/** Something that `fail` or `heal` did to a lab. */
export interface FailureAction {
  /** ISO 8601. */
  time: string;
  action: 'fail' | 'heal';
  node: string;
  /** A daemon or interface; absent: the whole node. */
  what?: string;
  /** Of `fail`. */
  how?: FailureKind;
}

function fileOf(lab: string): string {
  return join(labDirectory(lab), 'failures');
}

/** Writes down what has been done. */
export function recordAction(lab: string, action: FailureAction): void {
  mkdirSync(labDirectory(lab), { recursive: true, mode: 0o700 });
  appendFileSync(fileOf(lab), `${JSON.stringify(action)}\n`);
}

/** What has been done to a lab, oldest first. */
function actionsOf(lab: string): FailureAction[] {
  if (!existsSync(fileOf(lab))) return [];
  return readFileSync(fileOf(lab), 'utf8')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => JSON.parse(row) as FailureAction);
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
