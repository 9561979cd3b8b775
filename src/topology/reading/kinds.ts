import type { Tree } from './positions.ts';

/** Whether a key has no value. */
export function isNothing(tree: Tree): boolean {
  return tree.kind === 'scalar' && (tree.value === null || tree.value === undefined);
}

/** What the schema wants, in words. */
export const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

/** What something in the file is, in words. */
export function kindOf(tree: Tree): string {
  if (tree.kind !== 'scalar') return tree.kind === 'map' ? 'a mapping' : 'a list';
  if (typeof tree.value === 'string') return 'text';
  if (typeof tree.value === 'number') return Number.isNaN(tree.value) ? 'no number' : 'a number';
  if (typeof tree.value === 'boolean') return 'a truth value';
  return 'something else';
}
