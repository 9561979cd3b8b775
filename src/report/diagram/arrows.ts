import { encapsulation } from '../../proof/changes.ts';
import { hasArrow, type DrawnHop, type DrawnWay } from './hops.ts';
import type { Layout } from './layout.ts';
import { place, textHeight, type PlacedText } from './picture.ts';
import { FIRST_LANE, LANE } from './sizes.ts';
import { COLOURS, TUNNEL_COLOURS } from './theme.ts';
import { element, number } from './xml.ts';
import type { PlannedPort } from '../../proof/types.ts';

interface Point {
  x: number;
  y: number;
}

/** Radius of the disc with a hop's number. */
const BADGE = 10;
const HEAD = 11;

/** The arrows of a walk: along the sender's wire, inside the network's bar, and along the receiver's wire. */
export function arrows(layout: Layout, ways: DrawnWay[]): { shapes: string[]; texts: PlacedText[] } {
  const used = new Map<string, number>();
  /** The next free lane of a wire or a bar. */
  const take = (key: string) => {
    const lane = used.get(key) ?? 0;
    used.set(key, lane + 1);
    return lane;
  };
  const totals = new Map<string, number>();
  for (const { crossing } of ways.flatMap((way) => way.hops))
    if (hasArrow(crossing)) totals.set(crossing.network, (totals.get(crossing.network) ?? 0) + 1);

  const under: string[] = [];
  const lines: string[] = [];
  const badges: string[] = [];
  const texts: PlacedText[] = [];
  for (const { kind, hops } of ways)
    for (const hop of hops) {
      const bar = layout.bars.find((b) => b.network === hop.crossing.network);
      if (bar === undefined || !hasArrow(hop.crossing)) continue;
      const lane = take(`bar ${bar.network}`) - ((totals.get(bar.network) ?? 1) - 1) / 2;
      const x = bar.left + bar.width / 2 + lane * LANE;
      const bottom = { x, y: bar.top + bar.height - BADGE };
      const out = end(layout, hop.crossing.from, take);
      const into = end(layout, hop.crossing.to, take);
      const points = [
        ...(out === undefined ? [bottom] : [out, { x, y: out.y }]),
        ...(into === undefined ? [bottom] : [{ x, y: into.y }, into]),
      ];
      under.push(...tunnelShape(hop, kind, points));
      lines.push(...lineShapes(hop, COLOURS[kind], points));
      const badge = along(points, BADGE + 8);
      badges.push(element('circle', { cx: badge.x, cy: badge.y, r: BADGE, fill: COLOURS[kind] }));
      texts.push(place(String(hop.number), 'badge', badge.x, badge.y - textHeight('badge') / 2, 'middle'));
    }
  return { shapes: [...under, ...lines, ...badges], texts };
}

/** Where an arrow touches the box of a node. */
function end(layout: Layout, at: PlannedPort | undefined, take: (key: string) => number): Point | undefined {
  const wire = layout.wires.find((w) => w.node === at?.node && w.device === at.device);
  if (wire === undefined) return undefined;
  const y = wire.y + FIRST_LANE + LANE * take(`wire ${wire.node}/${wire.device}`);
  return { x: wire.from + (wire.side === 'left' ? -2 : 2), y };
}

/** A packet inside another is drawn inside a pipe. */
function tunnelShape({ crossing }: DrawnHop, kind: DrawnWay['kind'], points: Point[]): string[] {
  if (encapsulation(crossing.packet) === undefined) return [];
  return [
    element('path', {
      d: path([...points.slice(0, -1), along(points.toReversed(), HEAD)]),
      fill: 'none',
      stroke: TUNNEL_COLOURS[kind],
      'stroke-width': 15,
      'stroke-linejoin': 'round',
    }),
  ];
}

function lineShapes({ crossing }: DrawnHop, stroke: string, points: Point[]): string[] {
  const lost = crossing.lost === true;
  const tip = points[points.length - 1] ?? { x: 0, y: 0 };
  const neck = along(points.toReversed(), lost ? HEAD + 6 : HEAD - 1);
  const d = path([...points.slice(0, -1), neck]);
  return [
    element('path', {
      d,
      fill: 'none',
      stroke,
      'stroke-width': 3,
      'stroke-linejoin': 'round',
      'stroke-dasharray': lost ? '7 5' : undefined,
    }),
    lost ? cross(neck, stroke) : head(tip, neck, stroke),
  ];
}

function head(tip: Point, neck: Point, fill: string): string {
  const length = Math.hypot(tip.x - neck.x, tip.y - neck.y) || 1;
  const [ux, uy] = [(tip.x - neck.x) / length, (tip.y - neck.y) / length];
  const [bx, by] = [tip.x - ux * HEAD, tip.y - uy * HEAD];
  const corners: Point[] = [tip, { x: bx - uy * 6, y: by + ux * 6 }, { x: bx + uy * 6, y: by - ux * 6 }];
  return element('path', { d: `${path(corners)}Z`, fill });
}

function cross({ x, y }: Point, stroke: string): string {
  const arm = 7;
  const one = path([
    { x: x - arm, y: y - arm },
    { x: x + arm, y: y + arm },
  ]);
  const two = path([
    { x: x - arm, y: y + arm },
    { x: x + arm, y: y - arm },
  ]);
  return element('path', { d: one + two, fill: 'none', stroke, 'stroke-width': 4 });
}

/** The point that far from the first one, at most the second. */
function along([from, to]: Point[], distance: number): Point {
  if (from === undefined || to === undefined) return from ?? { x: 0, y: 0 };
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(1, distance / length);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function path(points: Point[]): string {
  return points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${number(x)} ${number(y)}`).join('');
}
