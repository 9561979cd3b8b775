import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { topologyJsonSchema } from '../../../src/topology/fields/schema.ts';

interface Part {
  description?: string;
  type?: string;
  properties?: Record<string, Part>;
  additionalProperties?: Part | boolean;
  anyOf?: Part[];
  items?: Part;
  required?: string[];
  enum?: string[];
}

const schema = topologyJsonSchema() as Part;

/** Every property of the schema, with where it is. */
function properties(part: Part, path = ''): [string, Part][] {
  const own = Object.entries(part.properties ?? {}).map(([key, inner]): [string, Part] => [
    `${path}/${key}`,
    inner,
  ]);
  const deeper = [...(part.anyOf ?? []), part.items, part.additionalProperties].filter(
    (p) => typeof p === 'object',
  );
  return [
    ...own,
    ...own.flatMap(([key, inner]) => properties(inner, key)),
    ...deeper.flatMap((inner) => properties(inner, path)),
  ];
}

describe('the JSON Schema', () => {
  it('is the one that the shipped topologies refer to', () => {
    const url = new URL('../../../schema/topology.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(url, 'utf8'))).toEqual(schema);
  });

  it('helps with every key', () => {
    const all = properties(schema);
    expect(all.length).toBeGreaterThan(25);
    expect(all.filter(([, part]) => (part.description ?? '') === '').map(([path]) => path)).toEqual([]);
  });

  it('requires only what has no default', () => {
    expect(schema.required).toEqual(['lvslab', 'networks', 'nodes']);
    expect(schema.additionalProperties).toBe(false);
  });

  it('allows the short and the long forms', () => {
    const kinds = (part: Part | undefined): (string | undefined)[] => (part?.anyOf ?? []).map((p) => p.type);
    const { networks, nodes, services } = schema.properties ?? {};
    expect(kinds(networks?.additionalProperties as Part)).toEqual(['string', 'array', 'object']);
    expect(kinds((nodes?.additionalProperties as Part).properties?.['on'])).toEqual([
      'string',
      'array',
      'object',
    ]);
    const list = services?.anyOf?.find((p) => p.type === 'array');
    expect(kinds(list?.items?.properties?.['servers']?.items)).toEqual(['string', 'object']);
  });
});
