import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible, visibleJson, visibleLine } from '../../../src/terminal/visible.ts';

/** Written out by ranges, apart from the properties of Unicode by which it is done. */
const RANGES: [number, number][] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0001, 0xe0001],
  [0xe0020, 0xe007f],
];
const HARMFUL = RANGES.flatMap(([from, to]) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index),
);
const isHarmful = (character: string) => {
  const code = character.codePointAt(0) ?? 0;
  return RANGES.some(([from, to]) => from <= code && code <= to);
};

/** Any text, with more of what is harmful than chance would bring. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(...HARMFUL).map((code) => String.fromCodePoint(code)),
      fc.constantFrom('\n', '\t', '\r\n', '\x1b[32m✔\x1b[39m', '\x1b]0;title\x07', '\u{1f600}'),
    ),
  )
  .map((parts) => parts.join(''));

describe('visible text', () => {
  it('shows each of them', () => {
    for (const code of HARMFUL)
      expect(visibleLine(`a${String.fromCodePoint(code)}b`)).toMatch(/^a(\^[@-_?]|\\u\{[0-9a-f]+\})b$/);
  });

  it('is in caret notation, or by its number', () => {
    expect(visibleLine('\x1b[31m \x07 \x7f \x9b \u202e \ud800 \n')).toBe(
      '^[[31m ^G ^? \\u{9b} \\u{202e} \\u{d800} ^J',
    );
    expect(visible('\x1b[31m\u{e0041}')).toBe('^[[31m\\u{e0041}');
  });

  it('keeps lines and tabs, and whatever is only unusual', () => {
    const harmless = 'Jörg\tMüller\n✔ 日本語 \u{1f600} é e\u0301 \\ ^[ \\u{9b}\n';
    expect(visible(harmless)).toBe(harmless);
    expect(visible('HTTP/1.1 200 OK\r\nServer: x\rno\r\n')).toBe('HTTP/1.1 200 OK\nServer: x^Mno\n');
  });

  it('has nothing of it, whatever the text', () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(Array.from(visibleLine(any)).filter(isHarmful)).toEqual([]);
        expect(Array.from(visible(any)).filter((c) => isHarmful(c) && c !== '\n' && c !== '\t')).toEqual([]);
      }),
    );
  });

  it('loses nothing that is visible, and changes nothing the second time', () => {
    fc.assert(
      fc.property(text, (any) => {
        const kept = Array.from(any).filter((character) => !isHarmful(character));
        const left = Array.from(visibleLine(any));
        // Each that was kept is still there, in the same order.
        let at = 0;
        for (const character of left) if (character === kept[at]) at += 1;
        expect(at).toBe(kept.length);
        expect(visible(visible(any))).toBe(visible(any));
        expect(visibleLine(visibleLine(any))).toBe(visibleLine(any));
      }),
    );
  });
});

describe('visible JSON', () => {
  it('says the same without them', () => {
    fc.assert(
      fc.property(text, text, (key, value) => {
        const data = { [`k${key}`]: [value, 1, null] };
        for (const indent of [undefined, 2]) {
          const written = visibleJson(data, indent);
          expect(JSON.parse(written)).toEqual(data);
          expect(Array.from(written).filter((c) => isHarmful(c) && !(c === '\n' && indent === 2))).toEqual(
            [],
          );
        }
      }),
    );
  });
});
