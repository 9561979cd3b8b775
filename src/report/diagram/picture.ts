import { COLOURS, STYLES, type StyleName } from './theme.ts';
import { element, escapeXml } from './xml.ts';

export type Anchor = 'start' | 'middle' | 'end';

/** A line of text and the room that it takes. */
export interface PlacedText {
  text: string;
  style: StyleName;
  left: number;
  top: number;
  width: number;
  height: number;
  /** Where the text stays when a narrower font leaves room. */
  anchor: Anchor;
  /** In place of the style's colour. */
  fill?: string;
}

/** What is to be drawn: shapes first, as SVG, then texts on top of them. */
export interface Picture {
  title: string;
  width: number;
  height: number;
  shapes: string[];
  texts: PlacedText[];
}

const LINE_HEIGHT = 1.3;
/** Chinese, Japanese, Korean, emoji: as wide as high. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{1f000}-\u{3fffd}]/u;

/** Room for a text in pixels, in the widest font that a reader may have in place of the first choice. */
export function textWidth(text: string, style: StyleName): number {
  const { size, advance } = STYLES[style];
  return Array.from(text).reduce((sum, c) => sum + size * (WIDE.test(c) ? 1.05 : advance), 0);
}

export function textHeight(style: StyleName): number {
  return STYLES[style].size * LINE_HEIGHT;
}

/** Places a text by its top and its left edge, middle or right edge. */
export function place(
  text: string,
  style: StyleName,
  x: number,
  top: number,
  anchor: Anchor = 'start',
): PlacedText {
  const width = textWidth(text, style);
  const left = anchor === 'start' ? x : anchor === 'middle' ? x - width / 2 : x - width;
  return { text, style, left, top, width, height: textHeight(style), anchor };
}

/** Breaks a text into lines no wider than that; a word that is wider by itself is broken too. */
export function wrap(text: string, style: StyleName, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((w) => w !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer, style) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (line !== '' && textWidth(line + character, style) > width) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** A standalone SVG file. */
export function renderPicture({ title, width, height, shapes, texts }: Picture): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${w} ${h}`,
      width: w,
      height: h,
      role: 'img',
    },
    `\n${element('title', {}, escapeXml(title))}\n`,
    `${element('rect', { width: w, height: h, fill: COLOURS.background })}\n`,
    ...shapes.map((shape) => `${shape}\n`),
    ...texts.map((text) => `${drawText(text)}\n`),
  )}\n`;
}

function drawText({ text, style, left, top, width, height, anchor, fill }: PlacedText): string {
  const { family, size, bold, fill: standard } = STYLES[style];
  return element(
    'text',
    {
      x: anchor === 'start' ? left : anchor === 'middle' ? left + width / 2 : left + width,
      // The baseline: letters stand on it with a fifth of their size below, in the middle of the line.
      y: top + height / 2 + size * 0.35,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      'font-family': family,
      'font-size': size,
      'font-weight': bold ? 'bold' : undefined,
      fill: fill ?? standard,
      // Drawing programs collapse the spaces of a text otherwise.
      'xml:space': /^\s|\s$|\s\s/.test(text) ? 'preserve' : undefined,
    },
    escapeXml(text),
  );
}
