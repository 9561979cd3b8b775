import * as z from 'zod';

/** What the library's schema has no word for. Whatever is told of a schema holds for what is made of it, too. */
export interface KeyFacts {
  /** How to write it, for messages: write `via: r1`. */
  write?: string;
  /** Of a mapping that may be written as one value: the key that this value is of. */
  short?: string;
  /** An IP address, or what may be one: kept in one spelling, so that addresses can be compared as text. */
  address?: true;
}

/** Add facts with `.register(KEYS, { write: … })`. */
export const KEYS = z.registry<KeyFacts>();

type Schema = z.core.$ZodType;

/** What stands behind a key: a schema without what says that the key may be left out. */
export function bare(schema: Schema): Schema {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return bare(schema.unwrap());
  return schema;
}

/** The facts of a schema, whichever of its layers they were told of. */
export function factsOf(schema: Schema): KeyFacts {
  const own = KEYS.get(schema) ?? {};
  const inner = bare(schema);
  return inner === schema ? own : { ...factsOf(inner), ...own };
}

/** The forms in which a value may be written; most have one. */
export function formsOf(schema: Schema): Schema[] {
  const inner = bare(schema);
  return inner instanceof z.ZodUnion ? inner.options.flatMap(formsOf) : [inner];
}

/** The form of a value that is a mapping with known keys; undefined where none is. */
export function mappingOf(schema: Schema): z.ZodObject | undefined {
  return formsOf(schema).find((form) => form instanceof z.ZodObject);
}

/** The form of a value that is a list; undefined where none is. */
export function listOf(schema: Schema): z.ZodArray | undefined {
  return formsOf(schema).find((form) => form instanceof z.ZodArray);
}

/** The keys of a mapping, each with what is behind it. */
export function keysOf(mapping: z.ZodObject): [key: string, schema: Schema][] {
  return Object.entries<Schema>(mapping.shape);
}

/** Smallest and largest of a value that may be a number; undefined where it may not, or any will do. */
export function rangeOf(schema: Schema): [least: number, most: number] | undefined {
  const number = formsOf(schema).find((form) => form instanceof z.ZodNumber);
  const { minValue, maxValue } = number ?? {};
  if (typeof minValue !== 'number' || typeof maxValue !== 'number') return undefined;
  return minValue === Number.MIN_SAFE_INTEGER ? undefined : [minValue, maxValue];
}

/**
 * What the format says of the part of a file at a path.
 * @param path names and indices from the root; names of the user's own (nodes, networks) among them
 * @returns undefined where the format has nothing there
 */
export function schemaAt(root: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let found: Schema | undefined = root;
  for (const step of path) found = found === undefined ? undefined : partOf(found, step);
  return found;
}

function partOf(schema: Schema, step: PropertyKey): Schema | undefined {
  for (const form of formsOf(schema)) {
    if (typeof step === 'number') {
      if (form instanceof z.ZodArray) return form.element;
    } else if (form instanceof z.ZodRecord) return form.valueType;
    else if (form instanceof z.ZodObject) return keysOf(form).find(([key]) => key === step)?.[1];
  }
  return undefined;
}
