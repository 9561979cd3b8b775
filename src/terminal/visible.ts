/**
 * What does something to a terminal or a page instead of standing there: control characters (C0, DEL, C1), marks of
 * direction, zero-width and other format characters, separators of lines and paragraphs, halves of surrogate pairs.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The same where lines and columns of tabs are the text's own structure. */
const INVISIBLE_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Characters that `JSON.stringify` leaves as they are, and that are no less harmful in what it writes. */
const INVISIBLE_IN_JSON = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text of somebody else's, made harmless for a terminal or a document: whatever a node, a file or a daemon says, none of
 * it is obeyed, and all of it is seen. Line feeds and tabs stay. Applied twice it changes nothing more.
 * @returns the text, with `^[` for an escape and `\u{202e}` for what has no such caret notation
 */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(INVISIBLE_IN_LINES, shown);
}

/** The same as one line: a line feed is `^J`, so that a value cannot pretend to be a line of the report it stands in. */
export function visibleLine(text: string): string {
  return text.replaceAll(INVISIBLE, shown);
}

/** JSON with the same characters as escape sequences, where `JSON.stringify` writes them out: the values are the same. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(INVISIBLE_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit))
      .map((code) => `\\u${code.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // Caret notation, as of stty, less and cat -v.
  return code < 0x20 || code === 0x7f
    ? `^${String.fromCharCode(code ^ 0x40)}`
    : `\\u{${code.toString(16).padStart(2, '0')}}`;
}
