import * as z from 'zod';
import type { Given } from '../reading/given.ts';
import { keysOf, listOf, mappingOf } from './keys.ts';
import type { DraftMapping } from './reader.ts';

/** A mapping with its defaults, and without places; what the file leaves out and has no default is undefined. */
export type Filled<S> =
  S extends z.ZodObject<infer Shape> ? { [K in keyof Shape]: FilledKey<Shape[K]> } : never;
type FilledKey<S> = S extends
  z.ZodDefault<infer I extends z.ZodType> | z.ZodPrefault<infer I extends z.ZodType>
  ? FilledValue<I>
  : S extends z.ZodOptional<infer I extends z.ZodType> | z.ZodNullable<infer I extends z.ZodType>
    ? FilledKey<I> | undefined
    : FilledValue<S>;
type FilledValue<S> =
  S extends z.ZodUnion<infer Forms extends readonly z.ZodType[]> ? OfForms<Forms[number]> : OfForm<S>;
type OfForms<Forms> =
  MappingIn<Forms> extends never
    ? ListIn<Forms> extends never
      ? z.output<Forms>
      : ListIn<Forms>
    : MappingIn<Forms>;
type MappingIn<Forms> = Forms extends z.ZodObject ? Filled<Forms> : never;
type ListIn<Forms> = Forms extends z.ZodArray<infer Item> ? FilledValue<Item>[] : never;
type OfForm<S> = S extends z.ZodObject
  ? Filled<S>
  : S extends z.ZodArray<infer Item>
    ? FilledValue<Item>[]
    : z.output<S>;

/**
 * Fills in the defaults of a mapping in which no problem was found.
 * @param draft undefined: the file says nothing, and each key has its default
 */
export function fill<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  draft: DraftMapping<Shape> | undefined,
): Filled<z.ZodObject<Shape>> {
  return filled(schema, draft) as Filled<z.ZodObject<Shape>>;
}

function filled(keys: z.ZodObject, draft: object | undefined): object {
  return Object.fromEntries(
    keysOf(keys).map(([key, schema]) => [
      key,
      value(schema, (draft as Record<string, Given<unknown>> | undefined)?.[key]),
    ]),
  );
}

function value(schema: z.core.$ZodType, given: Given<unknown>): unknown {
  if (typeof given !== 'object')
    return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
      ? schema.parse(undefined)
      : undefined;
  const keys = mappingOf(schema);
  if (keys !== undefined) return filled(keys, given.value as object);
  const list = listOf(schema);
  if (list === undefined || !Array.isArray(given.value)) return given.value;
  const items = mappingOf(list.element);
  return given.value.map((item: { value: unknown }) =>
    items === undefined ? item.value : filled(items, item),
  );
}
