import * as z from 'zod';
import { canonical } from '../ip.ts';
import type { Given } from '../reading/given.ts';
import { childOf, type Placed, type Position, type Tree } from '../reading/positions.ts';
import { bare, factsOf, formsOf, keysOf, listOf, mappingOf } from './keys.ts';

/** A mapping of the file as far as it could be understood: each key of the format with what the file gives for it. */
export type DraftMapping<Shape> = { at: Position } & {
  [K in keyof Shape]: Given<DraftValue<Shape[K]>>;
};

type Bare<S> = S extends
  | z.ZodOptional<infer I extends z.ZodType>
  | z.ZodNullable<infer I extends z.ZodType>
  | z.ZodDefault<infer I extends z.ZodType>
  | z.ZodPrefault<infer I extends z.ZodType>
  ? Bare<I>
  : S;

/**
 * What is read by a schema. Of a value with several forms: the mapping, of which the others are a short way to write one
 * key; else the list, of which the other is a single item; else whichever value it is.
 */
export type DraftValue<S> =
  Bare<S> extends z.ZodUnion<infer Forms extends readonly z.ZodType[]>
    ? OfForms<Forms[number]>
    : OfForm<Bare<S>>;
type OfForms<Forms> =
  MappingIn<Forms> extends never
    ? ListIn<Forms> extends never
      ? z.output<Forms>
      : ListIn<Forms>
    : MappingIn<Forms>;
type MappingIn<Forms> = Forms extends z.ZodObject<infer Shape> ? DraftMapping<Shape> : never;
type ListIn<Forms> = Forms extends z.ZodArray<infer Item> ? DraftItem<Item>[] : never;
type OfForm<S> =
  S extends z.ZodObject<infer Shape>
    ? DraftMapping<Shape>
    : S extends z.ZodArray<infer Item>
      ? DraftItem<Item>[]
      : z.output<S>;
/** A mapping has its place in itself. */
type DraftItem<S> = DraftValue<S> extends { at: Position } ? DraftValue<S> : Placed<DraftValue<S>>;

/** Reads a value as far as it has its schema's shape; what has not was complained about before, by its shape. */
export function readValue<S extends z.ZodType>(schema: S, tree: Tree | undefined): Given<DraftValue<S>> {
  return read(schema, tree) as Given<DraftValue<S>>;
}

/** Reads a mapping as far as it has its schema's shape; of what is none, no key can be read. */
export function readMapping<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  tree: Tree,
): DraftMapping<Shape> {
  return mapping(schema, tree) as DraftMapping<Shape>;
}

function read(schema: z.core.$ZodType, tree: Tree | undefined): Given<unknown> {
  if (tree === undefined) return undefined;
  const keys = mappingOf(schema);
  if (keys !== undefined) {
    const { short } = factsOf(schema);
    if (tree.kind === 'map') return { value: mapping(keys, tree), at: tree.at };
    if (short === undefined || keys.shape[short] === undefined) return 'unreadable';
    // The other form is that key's alone.
    const one = mapping(keys, {
      kind: 'map',
      at: tree.at,
      entries: new Map([[short, { keyAt: tree.at, tree }]]),
    });
    return { value: one, at: tree.at };
  }
  const items = listOf(schema);
  if (items !== undefined) return list(items, formsOf(schema).length > 1, tree);
  return leaf(schema, tree);
}

function mapping(keys: z.ZodObject, tree: Tree): DraftMapping<z.ZodRawShape> {
  const entries = keysOf(keys).map(([key, schema]) => {
    const given = read(schema, childOf(tree, key));
    // A key that must be there and is not was complained about: nothing more is to be said of it.
    return [key, given ?? (bare(schema) === schema ? 'unreadable' : undefined)];
  });
  return { at: tree.at, ...Object.fromEntries(entries) } as DraftMapping<z.ZodRawShape>;
}

/** Leaves out items that cannot be read, unless that leaves none. */
function list(schema: z.ZodArray, alsoOne: boolean, tree: Tree): Given<unknown> {
  if (alsoOne && tree.kind === 'scalar') {
    const one = read(schema.element, tree);
    return typeof one === 'object' ? { value: [one], at: one.at } : one;
  }
  if (tree.kind !== 'list') return 'unreadable';
  const isMapping = mappingOf(schema.element) !== undefined;
  const value = tree.items.flatMap((item) => {
    const given = read(schema.element, item);
    return typeof given === 'object' ? [isMapping ? given.value : given] : [];
  });
  return value.length === 0 && tree.items.length > 0 ? 'unreadable' : { value, at: tree.at };
}

function leaf(schema: z.core.$ZodType, tree: Tree): Given<unknown> {
  if (tree.kind !== 'scalar') return 'unreadable';
  const parsed = z.safeParse(schema, tree.value);
  if (!parsed.success) return 'unreadable';
  const value =
    factsOf(schema).address && typeof parsed.data === 'string' ? canonical(parsed.data) : parsed.data;
  return { value, at: tree.at };
}
