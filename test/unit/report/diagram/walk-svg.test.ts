import { describe, expect, it } from 'vitest';
import { walks } from '../../../../src/proof/path.ts';
import { walkPicture, walkSvg } from '../../../../src/report/diagram/walk-svg.ts';
import { captured } from '../../proof/captured.ts';
import { drPlan, natPlan, tunPlan } from '../../proof/plans.ts';
import { scene, segment, SYN } from '../../proof/scene.ts';
import { collisions, overlap, type Area } from './overlap.ts';
import { xmlProblem } from './well-formed.ts';

function walkOf(plan: ReturnType<typeof natPlan>, lab: string) {
  const [walk] = walks(plan, captured(lab));
  if (walk === undefined) throw new Error(`no walk in ${lab}`);
  return walk;
}

/** The room that the lines of an SVG path take. */
function segments(shape: string): Area[] {
  const points = [...shape.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  return points.slice(1).map(([x = 0, y = 0], i): Area => {
    const [fromX = 0, fromY = 0] = points[i] ?? [];
    return {
      left: Math.min(x, fromX) - 1.5,
      top: Math.min(y, fromY) - 1.5,
      width: Math.abs(x - fromX) + 3,
      height: Math.abs(y - fromY) + 3,
    };
  });
}

const CASES = [
  ['nat', natPlan(), ['10.0.0.12:8080', '192.0.2.100:80', 'Request: SYN', 'Reply: SYN-ACK', '4']],
  ['dr', drPlan(), ['02:00:00:00:01:0c', 'rs2 eth0 → client eth0', '3']],
  ['tun-ipip', tunPlan(), ['IPIP', '10.0.1.12', 'director eth0 → router eth0', '5']],
  ['tun-gue', tunPlan('gue'), ['GUE']],
  ['tun-gre', tunPlan('gre'), ['GRE']],
  ['nat-wrong-gateway', natPlan(), ['rs2 eth0 → router eth0', 'Reply: SYN-ACK']],
  ['tun-down', tunPlan(), ['No reply was captured', 'Error: ICMP port unreachable for IPIP']],
  ['dr-no-vip', drPlan(), ['No reply was captured']],
] as const;

describe.each(CASES)('the walk of %s', (lab, plan, shown) => {
  const walk = walkOf(plan, lab);

  it('is well-formed and the same every time', () => {
    const svg = walkSvg(plan, walk);
    expect(xmlProblem(svg)).toBeUndefined();
    expect(walkSvg(structuredClone(plan), structuredClone(walk))).toBe(svg);
  });

  it('shows the hops and has no text on another', () => {
    const picture = walkPicture(plan, walk);
    const texts = picture.texts.map((t) => t.text);
    for (const text of [...shown, ...plan.nodes.map((n) => n.name)]) expect(texts).toContain(text);
    expect(collisions(picture)).toEqual([]);
  });

  it('lets no arrow run through a text', () => {
    const { shapes, texts } = walkPicture(plan, walk);
    const lines = shapes.filter((shape) => shape.includes('stroke-width="3"')).flatMap(segments);
    expect(lines.length).toBeGreaterThan(3);
    const labels = texts.filter((t) => t.style !== 'badge');
    expect(labels.filter((label) => lines.some((line) => overlap(line, label)))).toEqual([]);
  });

  it('has each number once on an arrow and once in the table', () => {
    const numbers = walkPicture(plan, walk)
      .texts.filter((t) => t.style === 'badge')
      .map((t) => Number(t.text));
    const count = numbers.length / 2;
    const each = Array.from({ length: count }, (_, i) => i + 1);
    expect(numbers).toEqual([...each, ...each]);
  });
});

describe('walkSvg', () => {
  it('marks what changed, and nothing else', () => {
    const marked = walkPicture(natPlan(), walkOf(natPlan(), 'nat')).texts.filter(
      (t) => t.style === 'cellChanged',
    );
    expect(marked.map((t) => t.text)).toEqual([
      '02:00:00:00:02:01',
      '02:00:00:00:02:0c',
      '10.0.0.12:8080',
      '63',
      '02:00:00:00:01:01',
      '02:00:00:00:01:02',
      '192.0.2.100:80',
      '63',
    ]);
  });

  it('draws a lost packet as a broken arrow', () => {
    const s = scene(natPlan());
    s.hop('client/eth0', 'director/eth0', segment('192.0.2.2:40000', '192.0.2.100:80', SYN), 'sender');
    s.wait(1_000_000);
    s.hop('client/eth0', 'director/eth0', segment('192.0.2.2:40001', '192.0.2.100:80', SYN));
    const [walk] = walks(natPlan(), s.observations);
    if (walk === undefined) throw new Error('no walk');
    const picture = walkPicture(natPlan(), walk);
    expect(picture.shapes.join('')).toContain('stroke-dasharray');
    expect(picture.texts.map((t) => t.text)).toContain('never arrived');
    expect(collisions(picture)).toEqual([]);
  });

  it('draws an arrow that nobody is known to have sent or got, and a walk without packets', () => {
    const plan = natPlan();
    const walk = walkOf(plan, 'nat');
    const strangers = structuredClone(walk);
    for (const crossing of strangers.journeys.flatMap((j) => j.crossings)) delete crossing.to;
    delete strangers.journeys[0]?.crossings[0]?.from;
    const picture = walkPicture(plan, strangers);
    expect(collisions(picture)).toEqual([]);
    expect(picture.texts.some((t) => t.text.includes('02:00:00:00:01:02 →'))).toBe(true);
    expect(xmlProblem(walkSvg(plan, { ...walk, journeys: [] }))).toBeUndefined();
  });
});
