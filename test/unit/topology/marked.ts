import { expect } from 'vitest';
import { TopologyError, type Problem } from '../../../src/errors.ts';
import { parseTopology } from '../../../src/topology/parse.ts';

/** Stands in a test's text right before the place where a problem is expected; taken out before parsing. */
const MARK = '▸';

/** Reads a topology file, or throws what is wrong with it. */
type Reader = (source: string | Uint8Array, file: string, name: string) => unknown;

/** Every problem of a text; none where it is a topology. */
export function problemsOf(source: string | Uint8Array, read: Reader = parseTopology): Problem[] {
  try {
    read(source, 'lab.yaml', 'lab');
    return [];
  } catch (error) {
    if (error instanceof TopologyError) return error.problems;
    throw error;
  }
}

/** Expects problems with these messages and fixes at the marks, in their order, and no others. */
export function expectProblems(marked: string, ...expected: [message: string, fix?: string][]): void {
  expectProblemsOf(parseTopology, marked, ...expected);
}

/** The same of another reader of topologies. */
export function expectProblemsOf(
  read: Reader,
  marked: string,
  ...expected: [message: string, fix?: string][]
): void {
  const found = problemsOf(marked.replaceAll(MARK, ''), read);
  expect(found.map((p) => `${p.line}:${p.column} ${p.message}`)).toEqual(
    marks(marked).map((place, i) => `${place} ${expected[i]?.[0] ?? '(a mark too many)'}`),
  );
  for (const [i, [, fix]] of expected.entries()) if (fix !== undefined) expect(found[i]?.fix).toBe(fix);
}

function marks(marked: string): string[] {
  return marked.split('\n').flatMap((line, i) => {
    const pieces = line.split(MARK);
    let column = 1;
    return pieces.slice(0, -1).map((piece) => {
      column += piece.length;
      return `${i + 1}:${column}`;
    });
  });
}

/** A whole file around the part that a test is about. */
export function lab(
  parts: { mode?: string; networks?: string; nodes?: string; services?: string } = {},
): string {
  const {
    mode = 'mode: nat',
    networks = '  front: 203.0.113.0/24\n  back: 10.0.0.0/24',
    nodes = '  client: { on: front }\n  director: { on: [front, back] }\n  rs1: { on: back }\n  rs2: { on: back }',
    services = '  - vip: 203.0.113.100',
  } = parts;
  return `lvslab: 1\n${mode}\nnetworks:\n${networks}\nnodes:\n${nodes}\n${services === '' ? '' : `services:\n${services}\n`}`;
}
