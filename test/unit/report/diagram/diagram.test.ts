import { describe, expect, it } from 'vitest';
import { diagramMermaid } from '../../../../src/report/diagram/mermaid.ts';
import { diagramSvg, topologyPicture } from '../../../../src/report/diagram/svg.ts';
import { diagramText } from '../../../../src/report/diagram/text.ts';
import type { Plan } from '../../../../src/plan/types.ts';
import { labs, planOf } from './labs.ts';
import { collisions } from './overlap.ts';
import { xmlProblem } from './well-formed.ts';

/** What a reader must find in a diagram. */
function facts(plan: Plan): string[] {
  return [
    ...plan.networks.flatMap((n) => [n.name, ...n.subnets]),
    ...plan.nodes.flatMap((n) => [
      n.name,
      ...n.interfaces.flatMap((i) => [i.name, ...i.addresses.map((a) => a.address)]),
    ]),
    ...plan.services.map((s) => s.vip),
    ...(plan.names ?? []).map((n) => n.name),
  ];
}

describe.each(labs())('the diagrams of %s', (_, plan) => {
  it('are well-formed, complete and the same every time, as SVG', () => {
    const svg = diagramSvg(plan);
    expect(xmlProblem(svg)).toBeUndefined();
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '');
    for (const fact of facts(plan))
      expect(
        texts.some((text) => text.includes(fact)),
        fact,
      ).toBe(true);
    expect(diagramSvg(structuredClone(plan))).toBe(svg);
  });

  it('have no text on another in the SVG', () => {
    expect(collisions(topologyPicture(plan))).toEqual([]);
  });

  it('are complete as Mermaid and text', () => {
    for (const diagram of [diagramMermaid(plan), diagramText(plan)])
      for (const fact of facts(plan)) expect(diagram).toContain(fact);
  });
});

const HOSTILE = `<script>alert("x")</script> & 'more' ]]> #35; \u001b[31m --> ]`;

describe('markup in a title', () => {
  const plan = {
    ...planOf('networks: { lan: 10.0.0.0/24 }\nnodes: { client: { on: lan } }'),
    title: HOSTILE,
  };

  it('is text in the SVG', () => {
    const svg = diagramSvg(plan);
    expect(xmlProblem(svg)).toBeUndefined();
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &apos;more&apos;');
  });

  it('does not reach the terminal as control characters', () => {
    expect(diagramText(plan)).not.toMatch(/[^\n\P{Cc}]/u);
  });

  it('is escaped in Mermaid labels', () => {
    const [first] = plan.networks;
    if (first === undefined) throw new Error('no network');
    const mermaid = diagramMermaid({ ...plan, networks: [{ ...first, name: 'a"]<b>;#' }] });
    expect(mermaid).toContain('net0(["a#34;]#60;b#62;#59;#35;<br/>10.0.0.0/24"])');
  });
});

describe('xmlProblem', () => {
  it.each([
    '<a>',
    '<a></b>',
    '<a b="1" b="2"/>',
    '<a b=1/>',
    '<a>&</a>',
    '<a/><b/>',
    'x<a/>',
    '<a>\u0001</a>',
    '',
  ])('refuses %j', (xml) => {
    expect(xmlProblem(xml)).toBeDefined();
  });

  it('lets an SVG pass', () => {
    expect(xmlProblem('<svg xmlns="x">\n<g a:b="&lt;"/>&amp;</svg>\n')).toBeUndefined();
  });
});

describe('diagramText', () => {
  it('draws a tree for each network and each service', () => {
    const plan = labs().find(([name]) => name === 'dr.yaml')?.[1];
    if (plan === undefined) throw new Error('no such lab');
    expect(diagramText(plan)).toBe(`DR. Only the MAC address changes; replies go straight to the client

lan  192.0.2.0/24
├─ client    client       eth0  192.0.2.101/24
├─ director  director     eth0  192.0.2.1/24    VIP 192.0.2.100 on eth0
├─ rs1       real server  eth0  192.0.2.11/24   VIP 192.0.2.100 on lo (no ARP)
└─ rs2       real server  eth0  192.0.2.12/24   VIP 192.0.2.100 on lo (no ARP)

VIP 192.0.2.100:80/tcp  DR, rr, by director
├─ rs1  192.0.2.11:80  DR  weight 1
└─ rs2  192.0.2.12:80  DR  weight 1
`);
  });
});
