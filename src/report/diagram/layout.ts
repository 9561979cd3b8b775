import type { Plan, PlannedNode } from '../../plan/types.ts';
import { arrange } from './columns.ts';
import { place, textHeight, textWidth, type PlacedText } from './picture.ts';
import {
  labelWidth,
  LANE,
  LINE,
  linesHeight,
  sizeNode,
  type DiagramBlock,
  type Lanes,
  type Sized,
} from './sizes.ts';

/** Where everything of a topology is drawn, in pixels from its top left corner. */
export interface Layout {
  width: number;
  height: number;
  bars: Bar[];
  boxes: Box[];
  wires: Wire[];
  texts: PlacedText[];
}

/** A network: an upright bar. */
export interface Bar {
  network: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Box {
  node: PlannedNode;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** An interface: a level line from a node's box to its network's bar. */
export interface Wire {
  node: string;
  device: string;
  network: string;
  side: 'left' | 'right';
  /** Edge of the box. */
  from: number;
  /** Just inside the bar. */
  to: number;
  y: number;
}

const BAR_WIDTH = 14;
const BOX_GAP = 16;
const WIRE_MARGIN = 14;
/** Between a box and a bar that it has no wire to. */
const LEAST_GAP = 30;

/** Places the networks and nodes of a plan, clients on the left, real servers on the right. */
export function layoutPlan(plan: Plan, lanes?: Lanes): Layout {
  const { networks, nodes } = arrange(plan);
  const sized = nodes.map((node) => sizeNode(plan, networks, node, lanes));
  const tops = stack(sized, networks.length + 1);
  const labels = networks.map((name) => {
    const network = plan.networks.find((n) => n.name === name);
    const mtu = network === undefined || network.mtu === 1500 ? '' : `, MTU ${network.mtu}`;
    const lines = (network?.subnets ?? []).map(
      (subnet, i, all) => `${subnet}${i === all.length - 1 ? mtu : ''}`,
    );
    const widths = [textWidth(name, 'network'), ...lines.map((line) => textWidth(line, 'subnet'))];
    return { name, lines, width: Math.max(...widths) };
  });
  const most = Math.max(...labels.map(({ lines }) => lines.length));
  const head = textHeight('network') + most * textHeight('subnet') + 8;
  const bodyHeight = Math.max(80, ...sized.map((node, i) => (tops[i] ?? 0) + node.height));
  const { columns, bars, width } = across(
    sized,
    labels.map((label) => ({
      width: BAR_WIDTH + LANE * Math.max(0, (lanes?.bars.get(label.name) ?? 0) - 0.5),
      label: label.width,
    })),
  );
  const layout: Layout = { width, height: head + bodyHeight + 24, bars: [], boxes: [], wires: [], texts: [] };
  labels.forEach(({ name, lines }, index) => {
    const { left, width: barWidth } = bars[index] ?? { left: 0, width: 0 };
    layout.bars.push({ network: name, left, top: head, width: barWidth, height: bodyHeight + 24 });
    const middle = left + barWidth / 2;
    // Next to the bar, also where another network has more lines.
    const top = (most - lines.length) * textHeight('subnet');
    layout.texts.push(place(name, 'network', middle, top, 'middle'));
    lines.forEach((line, i) => {
      const below = top + textHeight('network') + i * textHeight('subnet');
      layout.texts.push(place(line, 'subnet', middle, below, 'middle'));
    });
  });
  sized.forEach((node, index) => {
    const column = columns[node.column] ?? { left: 0, width: 0 };
    placeNode(layout, node, { left: column.left, top: head + 12 + (tops[index] ?? 0), width: column.width });
  });
  return layout;
}

/** Tops of the nodes: each below those that share a column with it; columns are centred where no wire crosses one. */
function stack(nodes: Sized[], columnCount: number): number[] {
  const bottoms = new Array<number>(columnCount).fill(0);
  const tops = nodes.map((node) => {
    const top = Math.max(...bottoms.slice(node.column, node.through + 1));
    bottoms.fill(top + node.height + BOX_GAP, node.column, node.through + 1);
    return top;
  });
  if (nodes.some((node) => node.through > node.column)) return tops;
  const tallest = Math.max(...bottoms);
  return tops.map((top, i) => top + (tallest - (bottoms[nodes[i]?.column ?? 0] ?? 0)) / 2);
}

interface Extent {
  left: number;
  width: number;
}

/** Columns and bars from left to right, with room for the labels on the wires and above the bars. */
function across(
  nodes: Sized[],
  bars: { width: number; label: number }[],
): { columns: Extent[]; bars: Extent[]; width: number } {
  const columns: Extent[] = [];
  const placed: Extent[] = [];
  let x = 0;
  let labelEnd = 0;
  for (let c = 0; c <= bars.length; c++) {
    const here = nodes.filter((node) => node.column === c);
    x += c === 0 ? 0 : gap(here, 'left');
    const width = Math.max(0, ...here.map((node) => node.width));
    columns.push({ left: x, width });
    x += width + (c === bars.length ? 0 : gap(here, 'right'));
    const bar = bars[c];
    if (bar === undefined) break;
    // Half of a bar's label may hang over on either side, but never over the previous one's.
    x = Math.max(x, labelEnd + bar.label / 2 - bar.width / 2);
    placed.push({ left: x, width: bar.width });
    labelEnd = x + bar.width / 2 + bar.label / 2 + 20;
    x += bar.width;
  }
  return { columns, bars: placed, width: Math.max(x, labelEnd - 20) };
}

function gap(nodes: Sized[], side: 'left' | 'right'): number {
  const widths = nodes.flatMap((node) =>
    node.blocks.filter((b) => b.side === side).map((b) => labelWidth(b) + 2 * WIRE_MARGIN),
  );
  return nodes.length === 0 ? 0 : Math.max(LEAST_GAP, ...widths);
}

function placeNode(layout: Layout, node: Sized, { left, top, width }: Extent & { top: number }): void {
  layout.boxes.push({ node: node.node, left, top, width, height: node.height });
  let y = top + (node.height - linesHeight(node.lines)) / 2;
  for (const { text, style } of node.lines) {
    layout.texts.push(place(text, style, left + width / 2, y, 'middle'));
    y += textHeight(style);
  }
  for (const side of ['left', 'right'] as const) {
    const blocks = node.blocks.filter((block) => block.side === side);
    const taken = blocks.reduce((sum, b) => sum + b.above + b.below, 0);
    let blockTop = top + (node.height - taken) / 2;
    for (const block of blocks) {
      placeWire(layout, node.node.name, block, side === 'left' ? left : left + width, blockTop);
      blockTop += block.above + block.below;
    }
  }
}

function placeWire(layout: Layout, node: string, block: DiagramBlock, from: number, top: number): void {
  const bar = layout.bars[block.bar];
  const y = top + block.above;
  const inside = BAR_WIDTH / 2;
  const to =
    bar === undefined ? from : block.side === 'right' ? bar.left + inside : bar.left + bar.width - inside;
  const { name, network, addresses } = block.interface;
  layout.wires.push({ node, device: name, network, side: block.side, from, to, y });
  const x = block.side === 'left' ? from - WIRE_MARGIN - labelWidth(block) : from + WIRE_MARGIN;
  block.vips.forEach((vip, i) => layout.texts.push(place(vip, 'vip', x, top + i * LINE)));
  const first = y - addresses.length * LINE - 2;
  layout.texts.push(place(name, 'device', x, first));
  addresses.forEach(({ address }, i) => {
    layout.texts.push(place(address, 'address', x + textWidth(`${name} `, 'device'), first + i * LINE));
  });
}
