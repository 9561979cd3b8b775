import { Lines, type Position } from './positions.ts';
import type { Problems } from './problems.ts';

/** Larger than any topology: what is larger is some other file. */
export const LARGEST_FILE = 1024 * 1024;
const START: Position = { line: 1, column: 1 };

/** The text of a file; undefined, with the problem reported, where it is none or far too much. */
export function readText(source: string | Uint8Array, problems: Problems): string | undefined {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength;
  if (size > LARGEST_FILE) {
    problems.add(
      START,
      `the file has ${size} bytes, and a topology has at most ${LARGEST_FILE}`,
      'is this the right file?',
    );
    return undefined;
  }
  const text = typeof source === 'string' ? source : decode(source);
  const bad = typeof text === 'string' ? positionIn(text, text.indexOf('\0')) : text;
  if (typeof text === 'string' && bad === undefined) return text.replace(/^\uFEFF/, '');
  problems.add(bad ?? START, 'this is not text but a binary file', 'a topology is YAML text in UTF-8');
  return undefined;
}

function decode(bytes: Uint8Array): string | Position {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // What is not UTF-8 becomes U+FFFD; the first one may be the file's own, but it is near enough.
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    return positionIn(lenient, lenient.search(/[\0\uFFFD]/)) ?? START;
  }
}

function positionIn(text: string, offset: number): Position | undefined {
  return offset < 0 ? undefined : new Lines(text).place(offset);
}
