import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { TopologyError } from '../../../src/errors.ts';
import {
  bare,
  factsOf,
  formsOf,
  keysOf,
  mappingOf,
  rangeOf,
  schemaAt,
} from '../../../src/topology/fields/keys.ts';
import { topologySchema } from '../../../src/topology/fields/schema.ts';
import { parseTopology } from '../../../src/topology/parse.ts';

/** Every key of the format by its path; `*` stands for a name that the user chooses, or an item. */
function keysIn(schema: z.core.$ZodType, path: string): [string, z.core.$ZodType][] {
  return formsOf(schema).flatMap((form) => {
    if (form instanceof z.ZodArray) return keysIn(form.element, `${path}.*`);
    if (form instanceof z.ZodRecord) return keysIn(form.valueType, `${path}.*`);
    if (!(form instanceof z.ZodObject)) return [];
    return keysOf(form).flatMap(([key, value]): [string, z.core.$ZodType][] => [
      [`${path}.${key}`, value],
      ...keysIn(value, `${path}.${key}`),
    ]);
  });
}

const KEYS = keysIn(topologySchema, '');
const isText = (schema: z.core.$ZodType) => formsOf(schema).every((form) => form instanceof z.ZodString);

describe('the keys of the format', () => {
  it('are all described', () => {
    expect(KEYS.length).toBeGreaterThan(60);
    const described = (schema: z.core.$ZodType): boolean =>
      z.globalRegistry.get(schema)?.description !== undefined ||
      (bare(schema) !== schema && described(bare(schema)));
    expect(KEYS.flatMap(([path, schema]) => (described(schema) ? [] : [path]))).toEqual([]);
  });

  it('show how they are written, where that is more than a number, a word or free text', () => {
    const plain = (schema: z.core.$ZodType) =>
      isText(schema) ||
      rangeOf(schema) !== undefined ||
      formsOf(schema).every((form) => form instanceof z.ZodEnum || form instanceof z.ZodBoolean);
    const without = KEYS.filter(([, schema]) => !plain(schema) && factsOf(schema).write === undefined);
    expect(without.map(([path]) => path)).toEqual([]);
  });

  it('say which of its keys a value stands for, where it may stand in a mapping’s place', () => {
    const forms = (schema: z.core.$ZodType): z.core.$ZodType[] =>
      formsOf(schema).flatMap((form) =>
        form instanceof z.ZodArray ? [schema, ...forms(form.element)] : [schema],
      );
    const several = KEYS.flatMap(([, schema]) => forms(schema)).filter(
      (schema) => formsOf(schema).length > 1 && mappingOf(schema) !== undefined,
    );
    expect(several.length).toBeGreaterThan(1);
    for (const schema of several) {
      const { short = '' } = factsOf(schema);
      expect(Object.keys(mappingOf(schema)?.shape ?? {})).toContain(short);
    }
  });

  it('are found by their path', () => {
    const at = (...path: PropertyKey[]) => schemaAt(topologySchema, path);
    expect(rangeOf(at('services', 0, 'servers', 1, 'weight') ?? z.never())).toEqual([0, 65535]);
    expect(rangeOf(at('services', 0, 'persistence') ?? z.never())).toEqual([1, 2_678_400]);
    expect(factsOf(at('nodes', 'rs1', 'on', 'back', 'delay') ?? z.never()).write).toContain('delay: 20ms');
    expect(at('services', 'x')).toBeUndefined();
    expect(at('nodes', 'rs1', 'nothing')).toBeUndefined();
  });
});

describe('a number that is too large for any', () => {
  it('is a problem with its place, and not a defect', () => {
    const source = `lvslab: 1
networks: { front: 203.0.113.0/24 }
nodes:
  client:
    on: front
    sysctls: { net.ipv4.ip_forward: 99999999999999999999 }
`;
    let problems: unknown[] = [];
    try {
      parseTopology(source, 'x.yaml', 'x');
    } catch (error) {
      if (!(error instanceof TopologyError)) throw error;
      problems = error.problems;
    }
    expect(problems).toMatchObject([{ line: 6, column: 37 }]);
  });
});
