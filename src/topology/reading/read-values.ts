import type { Given } from './given.ts';
import type { Placed, Tree } from './positions.ts';
import { canonical } from '../ip.ts';
import { RANGES } from '../fields/schema-numbers.ts';

export function list<T>(tree: Tree | undefined, read: (item: Tree) => T | undefined): Given<T[]> {
  if (tree === undefined) return undefined;
  if (tree.kind !== 'list') return 'unreadable';
  const value = tree.items.map(read).filter((item) => item !== undefined);
  return value.length === 0 && tree.items.length > 0 ? 'unreadable' : { value, at: tree.at };
}

/** A list, or a single value in its place. */
export function oneOrMore(
  tree: Tree | undefined,
  read: (item: Tree) => Given<string>,
): Given<Placed<string>[]> {
  if (tree?.kind === 'scalar') {
    const one = read(tree);
    return typeof one === 'object' ? { value: [one], at: one.at } : one;
  }
  return list(tree, (item) => {
    const one = read(item);
    return typeof one === 'object' ? one : undefined;
  });
}

export function text(tree: Tree | undefined): Given<string> {
  if (tree === undefined) return undefined;
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return 'unreadable';
  return { value: tree.value, at: tree.at };
}

/** Written in one way only, so that addresses can be compared as text. */
export function address(tree: Tree | undefined): Given<string> {
  const given = text(tree);
  return typeof given === 'object' ? { ...given, value: canonical(given.value) } : given;
}

export function number(tree: Tree | undefined, range: keyof typeof RANGES): Given<number> {
  if (tree === undefined) return undefined;
  const [least, most] = RANGES[range];
  const value = tree.kind === 'scalar' ? tree.value : undefined;
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) return 'unreadable';
  return { value: value as number, at: tree.at };
}

export function truth(tree: Tree | undefined): Given<boolean> {
  if (tree === undefined) return undefined;
  if (tree.kind !== 'scalar' || typeof tree.value !== 'boolean') return 'unreadable';
  return { value: tree.value, at: tree.at };
}

export function choice<T extends string>(tree: Tree | undefined, choices: readonly T[]): Given<T> {
  const given = text(tree);
  if (typeof given !== 'object') return given;
  const value = choices.find((c) => c === given.value);
  return value === undefined ? 'unreadable' : { value, at: given.at };
}
