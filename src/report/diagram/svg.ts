import type { Plan } from '../../plan/types.ts';
import { MARGIN, paragraphs, shift, topologyShapes } from './draw.ts';
import { layoutPlan } from './layout.ts';
import { place, renderPicture, textWidth, type Picture } from './picture.ts';
import { nameTexts, serviceText } from './vips.ts';

/** Narrower pictures would break a title into too many lines. */
const LEAST_WIDTH = 760;

/** A lab's networks, nodes, addresses and virtual services as a standalone SVG file. */
export function diagramSvg(plan: Plan): string {
  return renderPicture(topologyPicture(plan));
}

/** The picture that `diagramSvg` writes. */
export function topologyPicture(plan: Plan): Picture {
  const plain = layoutPlan(plan);
  const inner = Math.max(plain.width, LEAST_WIDTH);
  const heading = paragraphs([{ text: plan.title, style: 'title' }], {
    left: MARGIN,
    top: MARGIN - 6,
    width: inner,
  });
  const layout = shift(plain, MARGIN + (inner - plain.width) / 2, heading.bottom + 22);
  const texts = [...heading.texts, ...layout.texts];
  let top = heading.bottom + 22 + layout.height + 20;
  const services = plan.services.map((service) => {
    const { head, how, servers } = serviceText(service);
    const by = service.directors.length === 0 ? '' : `, by ${service.directors.join(', ')}`;
    return { head, text: `${how}${by} → ${servers.join(', ')}` };
  });
  const names = nameTexts(plan).map(({ head, how }) => ({ head, text: how }));
  for (const { head, text } of [...services, ...names]) {
    const vip = place(head, 'vip', MARGIN, top);
    const left = vip.left + textWidth(`${head}  `, 'vip');
    const rest = paragraphs([{ text, style: 'service', indent: 24 }], {
      left,
      top,
      width: MARGIN + inner - left,
    });
    texts.push(vip, ...rest.texts);
    top = Math.max(rest.bottom, top + vip.height) + 2;
  }
  return {
    title: plan.title,
    width: inner + 2 * MARGIN,
    height: top + MARGIN - (plan.services.length === 0 ? 20 : 6),
    shapes: topologyShapes(layout),
    texts,
  };
}
