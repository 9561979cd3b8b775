import type { Layout } from './layout.ts';
import { place, textHeight, wrap, type PlacedText } from './picture.ts';
import { COLOURS, ROLE_COLOURS, type StyleName } from './theme.ts';
import { element } from './xml.ts';

/** Pixels around a picture. */
export const MARGIN = 28;

/** The same layout farther right and down. */
export function shift(layout: Layout, dx: number, dy: number): Layout {
  const moved = <T extends { left: number; top: number }>(thing: T): T => ({
    ...thing,
    left: thing.left + dx,
    top: thing.top + dy,
  });
  return {
    width: layout.width,
    height: layout.height,
    bars: layout.bars.map(moved),
    boxes: layout.boxes.map(moved),
    texts: layout.texts.map(moved),
    wires: layout.wires.map((w) => ({ ...w, from: w.from + dx, to: w.to + dx, y: w.y + dy })),
  };
}

/** Networks, then wires, then nodes: what is drawn later covers what is under it. */
export function topologyShapes(layout: Layout): string[] {
  return [
    ...layout.bars.map((bar) =>
      element('rect', {
        x: bar.left,
        y: bar.top,
        width: bar.width,
        height: bar.height,
        rx: 6,
        fill: COLOURS.bar,
        stroke: COLOURS.barEdge,
      }),
    ),
    ...layout.wires.flatMap(({ network, from, to, y }) => {
      const passed = layout.bars.filter(
        (bar) =>
          bar.network !== network &&
          bar.left > Math.min(from, to) &&
          bar.left + bar.width < Math.max(from, to),
      );
      return [
        // A gap in the bar of a network that a wire only passes.
        ...passed.map((bar) =>
          element('rect', {
            x: bar.left - 1,
            y: y - 5,
            width: bar.width + 2,
            height: 10,
            fill: COLOURS.background,
          }),
        ),
        element('line', { x1: from, y1: y, x2: to, y2: y, stroke: COLOURS.line, 'stroke-width': 2 }),
        element('circle', { cx: to, cy: y, r: 4.5, fill: COLOURS.line }),
      ];
    }),
    ...layout.boxes.map((box) =>
      element('rect', {
        x: box.left,
        y: box.top,
        width: box.width,
        height: box.height,
        rx: 8,
        fill: ROLE_COLOURS[box.node.role].fill,
        stroke: ROLE_COLOURS[box.node.role].edge,
        'stroke-width': 2,
      }),
    ),
  ];
}

/** Wrapped paragraphs from a point downwards. */
export function paragraphs(
  parts: { text: string; style: StyleName; indent?: number }[],
  at: { left: number; top: number; width: number },
): { texts: PlacedText[]; bottom: number } {
  const texts: PlacedText[] = [];
  let top = at.top;
  for (const { text, style, indent = 0 } of parts)
    for (const [i, line] of wrap(text, style, at.width - indent).entries()) {
      texts.push(place(line, style, at.left + (i === 0 ? 0 : indent), top));
      top += textHeight(style);
    }
  return { texts, bottom: top };
}
