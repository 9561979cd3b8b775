import { describeWalk, type Span, type WalkLine } from '../../proof/walk.ts';
import type { DrawnWay } from './hops.ts';
import { place, textHeight, textWidth, type PlacedText } from './picture.ts';
import { COLOURS } from './theme.ts';
import { element } from './xml.ts';
import type { Walk } from '../../proof/types.ts';

export interface WalkTable {
  width: number;
  /** Draws the table at a point, as wide as told. */
  draw(left: number, top: number, width: number): { shapes: string[]; texts: PlacedText[]; bottom: number };
}

const NUMBER_WIDTH = 40;
const GAP = 28;
const PADDING = 7;
const LINE = textHeight('cell') + 2;
const KIND_NAMES = { request: 'Request', reply: 'Reply', error: 'Error' } as const;
const HEADINGS = [
  'Hop, and the frame’s MAC addresses',
  'IP addresses and ports, and the tunnel’s header',
  'TTL',
];

interface Row {
  way: DrawnWay;
  number: number;
  /** Up to two lines for each column. */
  cells: Span[][][];
  notes: string;
}

/** The drawn hops of a walk, a row each, with what changed since the hop before on a coloured ground. */
export function walkTable(walk: Walk, ways: DrawnWay[]): WalkTable {
  const lines = describeWalk(walk);
  const rows = ways.flatMap((way) =>
    way.hops.map((hop): Row => {
      const line = lines.find((l) => l.journey === way.journey && l.crossing === hop.index);
      return { way, number: hop.number, cells: cellsOf(line), notes: line?.notes.join(', ') ?? '' };
    }),
  );
  const headings = rows.some((row) => (row.cells[1]?.[1]?.length ?? 0) > 0)
    ? HEADINGS
    : HEADINGS.map((heading) => heading.replace(', and the tunnel’s header', ''));
  const widths = headings.map((text, column) =>
    Math.max(
      textWidth(text, 'cellFaint'),
      ...rows.flatMap((row) => (row.cells[column] ?? []).map((spans) => spansWidth(spans))),
    ),
  );
  const least = Math.max(
    ...ways.map((way) => textWidth(heading(way), way.kind)),
    ...rows.map((row) => NUMBER_WIDTH + textWidth(row.notes, 'error') + PADDING),
  );
  const columnsWidth =
    NUMBER_WIDTH + widths.reduce((sum, w) => sum + w, 0) + GAP * (widths.length - 1) + PADDING;
  return {
    width: Math.max(columnsWidth, least),
    draw(left, top, wanted) {
      const spare = Math.min(140, Math.max(0, wanted - columnsWidth) / (widths.length - 1));
      const columns = widths.map(
        (_, c) => left + NUMBER_WIDTH + widths.slice(0, c).reduce((sum, w) => sum + w + GAP + spare, 0),
      );
      return drawRows(rows, headings, columns, { left, top, width: wanted });
    },
  };
}

function cellsOf(line: WalkLine | undefined): Span[][][] {
  const [addresses = [], tunnel = [], ttl = [], macs = []] = line?.columns ?? [];
  // The heading says what the words `ttl` and `mac` say in a line of text.
  const bare = (spans: Span[], word: string) =>
    spans
      .map((span) => (span.text.startsWith(word) ? { ...span, text: span.text.slice(word.length) } : span))
      .filter((span) => span.text !== '');
  return [
    [[{ text: line?.hop ?? '', changed: false }], bare(macs, 'mac ')],
    [addresses, tunnel],
    [bare(bare(ttl, 'ttl '), 'hlim ')],
  ];
}

function drawRows(
  rows: Row[],
  headings: string[],
  columns: number[],
  at: { left: number; top: number; width: number },
): { shapes: string[]; texts: PlacedText[]; bottom: number } {
  const shapes: string[] = [];
  const texts = headings.map((heading, c) => place(heading, 'cellFaint', columns[c] ?? 0, at.top));
  let y = at.top + textHeight('cellFaint') + 2;
  let way: DrawnWay | undefined;
  for (const row of rows) {
    if (row.way !== way) {
      way = row.way;
      y += 6;
      texts.push(place(heading(way), way.kind, at.left, y));
      y += textHeight(way.kind) + 4;
    }
    const lineCount = Math.max(1, ...row.cells.map((cell) => cell.filter((l) => l.length > 0).length));
    const height = 2 * PADDING + lineCount * LINE + (row.notes === '' ? 0 : textHeight('error'));
    shapes.push(
      element('rect', { x: at.left, y, width: at.width, height: height - 4, rx: 5, fill: COLOURS.row }),
      element('circle', {
        cx: at.left + 18,
        cy: y + PADDING + LINE / 2 - 2,
        r: 10,
        fill: COLOURS[row.way.kind],
      }),
    );
    texts.push(place(String(row.number), 'badge', at.left + 18, y + PADDING - 2, 'middle'));
    row.cells.forEach((cell, c) => {
      cell.forEach((spans, i) => {
        drawSpans(shapes, texts, spans, columns[c] ?? 0, y + PADDING - 2 + i * LINE);
      });
    });
    if (row.notes !== '')
      texts.push(place(row.notes, 'error', columns[0] ?? 0, y + PADDING - 2 + lineCount * LINE));
    y += height;
  }
  if (!rows.some((row) => row.way.kind === 'reply')) {
    texts.push(place('No reply was captured', 'error', at.left, y + 6));
    y += 6 + textHeight('error') + 4;
  }
  return { shapes, texts, bottom: y };
}

function heading({ kind, label }: DrawnWay): string {
  return `${KIND_NAMES[kind]}: ${label}`;
}

function drawSpans(shapes: string[], texts: PlacedText[], spans: Span[], left: number, top: number): void {
  let x = left;
  for (const { text, changed } of spans) {
    const drawn = place(text, changed ? 'cellChanged' : 'cell', x, top);
    if (changed)
      shapes.push(
        element('rect', {
          x: x - 3,
          y: top,
          width: drawn.width + 6,
          height: drawn.height,
          rx: 3,
          fill: COLOURS.changed,
        }),
      );
    texts.push(drawn);
    x += drawn.width;
  }
}

function spansWidth(spans: Span[]): number {
  return spans.reduce((sum, span) => sum + textWidth(span.text, span.changed ? 'cellChanged' : 'cell'), 0);
}
