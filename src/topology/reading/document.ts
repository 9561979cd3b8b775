import { isScalar, parseDocument, type YAMLError } from 'yaml';
import { expand } from './expand.ts';
import { Lines, type Position, type Tree } from './positions.ts';
import type { Problems } from './problems.ts';

const START: Position = { line: 1, column: 1 };

/**
 * Reads YAML text into a tree with positions.
 * @returns undefined, with the problems reported, where the text has no shape to look into
 */
export function readDocument(text: string, problems: Problems): Tree | undefined {
  // The library's own counter misses lines after some errors.
  const lines = new Lines(text);
  const place = (offset: number): Position => lines.place(offset);
  // Duplicate keys are found while expanding, which can name the first one's line and takes no quadratic time.
  const document = parseDocument(text, {
    merge: true,
    prettyErrors: false,
    uniqueKeys: false,
  });
  if (document.errors.length > 0) {
    reportSyntax(document.errors, place, problems);
    return undefined;
  }
  for (const warning of document.warnings)
    if (warning.code === 'TAG_RESOLVE_FAILED')
      problems.add(
        place(warning.pos[0]),
        sentence(warning.message),
        'a topology needs no tags: leave it out',
      );
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    problems.add(START, 'the file is empty', 'a topology has at least `lvslab: 1`, `networks` and `nodes`');
    return undefined;
  }
  return expand(document.contents, place, problems);
}

const DEEP = { message: 'nested too deeply', fix: 'a topology needs no more than a few levels' };

function reportSyntax(
  errors: readonly YAMLError[],
  place: (offset: number) => Position,
  problems: Problems,
): void {
  const deep = errors.filter((e) => e.code === 'RESOURCE_EXHAUSTION').map((e) => e.pos[0]);
  if (deep.length > 0) {
    // Everything else follows from that: the reader lost its place.
    problems.add(place(deep.reduce((a, b) => Math.min(a, b))), DEEP.message, DEEP.fix);
    return;
  }
  const start = errors.reduce((least, e) => Math.min(least, e.pos[0]), Infinity);
  for (const error of errors) {
    // One bracket too few makes every word after it unexpected: only the first says something.
    if (error.pos[0] !== start && FOLLOWS.test(error.message)) continue;
    const { message, fix } = explain(error);
    problems.add(place(error.pos[0]), message, fix);
  }
}

const FOLLOWS = /^Unexpected .* (?:in YAML stream|in YAML document|at node end)/;

function explain(error: YAMLError): { message: string; fix: string | undefined } {
  if (error.code === 'MULTIPLE_DOCS')
    return {
      message: 'the file holds several YAML documents',
      fix: 'one topology, one file: split it at the line `---`',
    };
  return { message: `not valid YAML: ${sentence(error.message)}`, fix: SYNTAX_FIXES[error.code] };
}

const SYNTAX_FIXES: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'keys of one mapping start in one column, and every [ and { has its ] and }',
  MISSING_CHAR: 'close every quote and bracket, and write `key: value` with a space after the colon',
  BLOCK_AS_IMPLICIT_KEY: 'only one `key: value` on a line; put text with a colon in quotes',
  MULTILINE_IMPLICIT_KEY: 'is there a colon missing after a key?',
  UNEXPECTED_TOKEN: 'is there a quote, bracket or comma too many or too few before it?',
  BAD_ALIAS: 'write `&name` where the value is and `*name` where it is used again',
  ALIAS_PROPS: 'an alias stands alone',
};

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
