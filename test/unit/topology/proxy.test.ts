import { expect, it } from 'vitest';
import { parseTopology } from '../../../src/topology/parse.ts';
import { TopologyError } from '../../../src/errors.ts';

/** A lab with a proxy, with these options of its service and these nodes. */
function file(service: string, { nodes = '  proxy: { on: [front, back] }', mode = 'proxy' } = {}): string {
  return `lvslab: 1
mode: ${mode}
networks:
  front: 203.0.113.0/24
  back: 10.0.0.0/24
nodes:
  client: { on: front }
${nodes}
  rs: { on: back, count: 2 }
services:
  - { vip: 203.0.113.100${service} }
`;
}

function problemsOf(text: string): { line: number; column: number; message: string; fix: string }[] {
  try {
    parseTopology(text, 'lab.yaml', 'lab');
  } catch (error) {
    if (error instanceof TopologyError)
      return error.problems.map(({ line, column, message, fix }) => ({
        line,
        column,
        message,
        fix: fix ?? '',
      }));
    throw error;
  }
  return [];
}

it('gives a service of mode proxy to the nodes of that role', () => {
  const { services, nodes } = parseTopology(file(''), 'lab.yaml', 'lab');
  expect(nodes.map((n) => n.role)).toEqual(['client', 'proxy', 'real-server', 'real-server']);
  expect(services[0]?.directors).toEqual(['proxy']);
});

it('takes weights and other ports of real servers', () => {
  expect(problemsOf(file(', scheduler: wrr, servers: [ { node: rs, weight: 3, port: 8080 } ]'))).toEqual([]);
});

it.each([
  [', protocol: udp', 'protocol udp', 'use mode nat'],
  [', port: 443', 'https', 'plain HTTP'],
  [', port: 53', 'dns', 'plain HTTP'],
  [', scheduler: lc', 'scheduler "lc"', 'scheduler: rr'],
  [', persistence: 30', 'persistence with mode proxy', 'leave `persistence` out'],
  [', mark: 1', 'mark with mode proxy', 'leave `mark` out'],
  [', health: { check: connect }', 'health with mode proxy', 'leave `health` out'],
  [', servers: [ { node: rs, upper: 16 } ]', 'upper with mode proxy', 'leave `upper` out'],
  [', servers: [ { node: rs, weight: 1000 } ]', 'weight 1000', 'make all weights smaller'],
  [', servers: [ { node: rs, mode: nat } ]', 'mode nat in a service of mode proxy', 'leave it out'],
  [', directors: [client]', 'node "client" is a client, not a proxy', 'role: proxy'],
  [', directors: [other]', 'no node bears the name of proxy "other"', ''],
])('refuses a service with%s, with place and fix', (service, message, fix) => {
  const problems = problemsOf(file(service));
  const found = problems.find((p) => p.message.includes(message));
  expect(found, JSON.stringify(problems)).toBeDefined();
  expect(found?.line).toBe(11);
  expect(found?.column).toBeGreaterThan(4);
  expect(found?.fix).toContain(fix);
});

it('asks for a proxy where there is only a director, and the other way round', () => {
  const nodes = '  director: { on: [front, back] }';
  expect(problemsOf(file('', { nodes }))[0]).toMatchObject({
    message: 'there are services but no proxy',
    fix: expect.stringContaining('proxy: { on: [front, back] }') as string,
  });
  expect(problemsOf(file('', { mode: 'nat' }))[0]?.message).toBe('there are services but no director');
});
