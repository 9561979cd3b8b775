import { serviceName } from '../../plan/service-name.ts';
import { endpoint } from '../../topology/endpoint.ts';
import type { Plan } from '../../plan/types.ts';
import { arrows } from './arrows.ts';
import { MARGIN, paragraphs, shift, topologyShapes } from './draw.ts';
import { drawnWays, lanesOf } from './hops.ts';
import { layoutPlan } from './layout.ts';
import { place, renderPicture, textHeight, type Picture } from './picture.ts';
import { COLOURS } from './theme.ts';
import { walkTable } from './walk-table.ts';
import { element } from './xml.ts';
import type { Walk } from '../../proof/types.ts';

/**
 * One connection drawn on its lab as a standalone SVG file: the first request packet and its reply as numbered arrows,
 * and below them what each hop's headers say, with what changed marked.
 */
export function walkSvg(plan: Plan, walk: Walk): string {
  return renderPicture(walkPicture(plan, walk));
}

/** The picture that `walkSvg` writes. */
export function walkPicture(plan: Plan, walk: Walk): Picture {
  const ways = drawnWays(walk);
  const plain = layoutPlan(plan, lanesOf(ways));
  const table = walkTable(walk, ways);
  const inner = Math.max(plain.width, table.width);
  const { client, service, clientNode } = walk;
  const who = `${clientNode === undefined ? '' : `${clientNode} `}${endpoint(client.address, client.port)}`;
  const heading = paragraphs(
    [
      { text: plan.title, style: 'title' },
      {
        text: `One ${service.protocol === 'tcp' ? 'connection' : 'datagram'} from ${who} to the virtual service ${serviceName(service)}`,
        style: 'subtitle',
      },
    ],
    { left: MARGIN, top: MARGIN - 6, width: inner },
  );
  const layout = shift(plain, MARGIN + (inner - plain.width) / 2, heading.bottom + 18);
  const drawn = arrows(layout, ways);
  const rows = table.draw(MARGIN, heading.bottom + 18 + layout.height + 24, inner);
  const caption = place('changed since the hop before', 'cellFaint', MARGIN + 34, rows.bottom + 6);
  const swatch = element('rect', {
    x: MARGIN,
    y: caption.top,
    width: 26,
    height: textHeight('cellFaint'),
    rx: 3,
    fill: COLOURS.changed,
  });
  return {
    title: `${plan.title}: ${who} to ${serviceName(service)}`,
    width: inner + 2 * MARGIN,
    height: caption.top + caption.height + MARGIN - 8,
    shapes: [...topologyShapes(layout), ...drawn.shapes, ...rows.shapes, swatch],
    texts: [...heading.texts, ...layout.texts, ...drawn.texts, ...rows.texts, caption],
  };
}
