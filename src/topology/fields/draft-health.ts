import type { Given } from '../reading/given.ts';
import { childOf, type Position, type Tree } from '../reading/positions.ts';
import { choice, number, text, truth } from '../reading/read-values.ts';
import { CHECKERS, CHECKS, type Check, type Checker } from '../types.ts';

export interface DraftHealth {
  at: Position;
  by: Given<Checker>;
  check: Given<Check>;
  request: Given<string>;
  receive: Given<string>;
  command: Given<string>;
  interval: Given<number>;
  timeout: Given<number>;
  failures: Given<number>;
  quiescent: Given<boolean>;
  fallback: Given<string>;
}

/** Reads how a service's real servers are looked after, as far as it has the schema's shape. */
export function health(tree: Tree | undefined): Given<DraftHealth> {
  if (tree === undefined) return undefined;
  if (tree.kind !== 'map') return 'unreadable';
  const value: DraftHealth = {
    at: tree.at,
    by: choice(childOf(tree, 'by'), CHECKERS),
    check: choice(childOf(tree, 'check'), CHECKS),
    request: text(childOf(tree, 'request')),
    receive: text(childOf(tree, 'receive')),
    command: text(childOf(tree, 'command')),
    interval: number(childOf(tree, 'interval'), 'interval'),
    timeout: number(childOf(tree, 'timeout'), 'timeout'),
    failures: number(childOf(tree, 'failures'), 'failures'),
    quiescent: truth(childOf(tree, 'quiescent')),
    fallback: text(childOf(tree, 'fallback')),
  };
  return { value, at: tree.at };
}
