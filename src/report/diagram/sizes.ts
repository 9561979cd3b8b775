import type { Plan, PlannedInterface } from '../../plan/types.ts';
import type { ArrangedNode } from './columns.ts';
import { textHeight, textWidth } from './picture.ts';
import { ROLE_NAMES } from './theme.ts';
import { ownedVips } from './vips.ts';

/** How many arrows a picture draws along a wire and inside a bar. */
export interface Lanes {
  /** By `node/device`. */
  wires: Map<string, number>;
  bars: Map<string, number>;
}

/** Pixels between two arrows side by side. */
export const LANE = 24;
/** From a wire to the first arrow under it. */
export const FIRST_LANE = 18;

/** Height of a label. */
export const LINE = textHeight('address');
const BOX_PADDING = 12;

/** An interface with its labels, on one side of its node. */
export interface DiagramBlock {
  interface: PlannedInterface;
  side: 'left' | 'right';
  bar: number;
  vips: string[];
  /** Pixels over the wire, for its labels. */
  above: number;
  /** Pixels under the wire, for arrows. */
  below: number;
}

/** A node and the room that it takes. */
export interface Sized extends ArrangedNode {
  lines: { text: string; style: 'node' | 'role' | 'vip' }[];
  blocks: DiagramBlock[];
  width: number;
  height: number;
}

/** What is written in a node's box and on its wires, and how large that makes it. */
export function sizeNode(
  plan: Plan,
  networks: string[],
  arranged: ArrangedNode,
  lanes: Lanes | undefined,
): Sized {
  const { node, column } = arranged;
  const owned = ownedVips(node, plan);
  const role = ROLE_NAMES[node.role];
  const lines: Sized['lines'] = [
    { text: node.name, style: 'node' },
    ...(role === node.name ? [] : [{ text: role, style: 'role' } as const]),
    ...owned
      .filter((vip) => !vip.outside)
      .map(({ vip, device, quiet }) => ({
        text: `VIP ${vip} on ${device}${quiet === undefined ? '' : `, ${quiet}`}`,
        style: 'vip' as const,
      })),
  ];
  const blocks = node.interfaces.map((i): DiagramBlock => {
    const bar = networks.indexOf(i.network);
    const vips = owned.filter((vip) => vip.device === i.name).map(({ vip }) => `VIP ${vip}`);
    const arrows = lanes?.wires.get(`${node.name}/${i.name}`) ?? 0;
    return {
      interface: i,
      side: bar < column ? 'left' : 'right',
      bar,
      vips,
      above: LINE * (vips.length + i.addresses.length) + 2,
      below: arrows === 0 ? 6 : FIRST_LANE + LANE * (arrows - 1) + 12,
    };
  });
  for (const block of blocks)
    // A lone wire without arrows comes out of the middle of its node's side.
    if (blocks.filter((other) => other.side === block.side).length === 1)
      block.below = Math.max(block.below, lanes === undefined ? block.above : 0);
  const sideHeight = (side: string) =>
    blocks.filter((b) => b.side === side).reduce((sum, b) => sum + b.above + b.below, 0);
  return {
    ...arranged,
    lines,
    blocks,
    width: 2 * BOX_PADDING + Math.max(90, ...lines.map(({ text, style }) => textWidth(text, style))),
    height: Math.max(52, linesHeight(lines) + BOX_PADDING, sideHeight('left'), sideHeight('right')),
  };
}

export function linesHeight(lines: Sized['lines']): number {
  return lines.reduce((sum, { style }) => sum + textHeight(style), 0);
}

export function labelWidth({ interface: i, vips }: DiagramBlock): number {
  return Math.max(
    ...i.addresses.map(({ address }) => textWidth(`${i.name} ${address}`, 'address')),
    ...vips.map((vip) => textWidth(vip, 'vip')),
  );
}
