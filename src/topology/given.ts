import { canonical } from './ip.ts';
import type { Placed, Tree } from './positions.ts';
import { RANGES } from './schema.ts';

/**
 * What the file gives for a key: a value with its place, nothing, or something that the schema refuses. The last is
 * told apart from nothing so that one mistake does not cause a second complaint.
 */
export type Given<T> = Placed<T> | 'unreadable' | undefined;

/** The value of something given; undefined where nothing readable was. */
export function valueOf<T>(given: Given<T>): T | undefined {
  return typeof given === 'object' ? given.value : undefined;
}

/** The items of a list that can be read. */
export function list<T>(tree: Tree | undefined, read: (item: Tree) => T | undefined): Given<T[]> {
  if (tree === undefined) return undefined;
  if (tree.kind !== 'list') return 'unreadable';
  const value = tree.items.map(read).filter((item) => item !== undefined);
  return value.length === 0 && tree.items.length > 0 ? 'unreadable' : { value, at: tree.at };
}

/** A value that is text. */
export function text(tree: Tree | undefined): Given<string> {
  if (tree === undefined) return undefined;
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return 'unreadable';
  return { value: tree.value, at: tree.at };
}

/** An address, written in one way only, so that addresses can be compared as text. */
export function address(tree: Tree | undefined): Given<string> {
  const given = text(tree);
  return typeof given === 'object' ? { ...given, value: canonical(given.value) } : given;
}

/** A whole number within its range. */
export function number(tree: Tree | undefined, range: keyof typeof RANGES): Given<number> {
  if (tree === undefined) return undefined;
  const [least, most] = RANGES[range];
  const value = tree.kind === 'scalar' ? tree.value : undefined;
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) return 'unreadable';
  return { value: value as number, at: tree.at };
}

/** One of several words. */
export function choice<T extends string>(tree: Tree | undefined, choices: readonly T[]): Given<T> {
  const given = text(tree);
  if (typeof given !== 'object') return given;
  const value = choices.find((c) => c === given.value);
  return value === undefined ? 'unreadable' : { value, at: given.at };
}
