import { describe, expect, it } from 'vitest';
import { layoutPlan } from '../../../../src/report/diagram/layout.ts';
import { labs } from './labs.ts';
import { overlap } from './overlap.ts';

describe.each(labs())('the layout of %s', (_, plan) => {
  const layout = layoutPlan(plan);

  it('has a bar for each network, a box for each node and a wire for each interface', () => {
    expect(layout.bars.map((b) => b.network).sort()).toEqual(plan.networks.map((n) => n.name).sort());
    expect(layout.boxes.map((b) => b.node.name).sort()).toEqual(plan.nodes.map((n) => n.name).sort());
    expect(layout.wires.map((w) => `${w.node}/${w.device}`).sort()).toEqual(
      plan.nodes.flatMap((n) => n.interfaces.map((i) => `${n.name}/${i.name}`)).sort(),
    );
  });

  it('keeps boxes, bars and texts apart', () => {
    const solid = [...layout.boxes, ...layout.bars];
    solid.forEach((a, i) => {
      for (const b of solid.slice(i + 1)) expect(overlap(a, b), JSON.stringify([a, b])).toBe(false);
    });
    for (const text of layout.texts) {
      expect(
        layout.bars.some((bar) => overlap(text, bar)),
        text.text,
      ).toBe(false);
      for (const box of layout.boxes.filter((b) => overlap(text, b))) {
        expect(text.left, text.text).toBeGreaterThanOrEqual(box.left);
        expect(text.left + text.width, text.text).toBeLessThanOrEqual(box.left + box.width);
        expect(text.top + text.height, text.text).toBeLessThanOrEqual(box.top + box.height);
      }
    }
  });

  it('stays inside its own width and height', () => {
    for (const thing of [...layout.boxes, ...layout.bars, ...layout.texts]) {
      expect(Math.min(thing.left, thing.top)).toBeGreaterThanOrEqual(0);
      expect(thing.left + thing.width).toBeLessThanOrEqual(layout.width + 0.01);
      expect(thing.top + thing.height).toBeLessThanOrEqual(layout.height + 0.01);
    }
  });

  it('lets no wire run through a box or a text', () => {
    for (const wire of layout.wires) {
      const line = {
        left: Math.min(wire.from, wire.to),
        width: Math.abs(wire.to - wire.from),
        top: wire.y - 1,
        height: 2,
      };
      const inTheWay = [...layout.boxes, ...layout.texts].filter((thing) => overlap(line, thing));
      expect(inTheWay, `${wire.node} ${wire.device}`).toEqual([]);
    }
  });

  it('ends each wire in the bar of its network', () => {
    for (const wire of layout.wires) {
      const bar = layout.bars.find((b) => b.network === wire.network);
      expect(wire.to).toBeGreaterThan(bar?.left ?? Infinity);
      expect(wire.to).toBeLessThan((bar?.left ?? 0) + (bar?.width ?? 0));
    }
  });
});

describe('layoutPlan', () => {
  it('puts clients left of the director and real servers right of it', () => {
    const nat = labs().find(([name]) => name === 'nat with 8')?.[1];
    if (nat === undefined) throw new Error('no such lab');
    const { boxes } = layoutPlan(nat);
    const left = (name: string) => boxes.find((b) => b.node.name === name)?.left ?? NaN;
    expect(left('client')).toBeLessThan(left('director'));
    expect(left('director')).toBeLessThan(left('rs1'));
    expect(left('rs1')).toBe(left('rs8'));
  });
});
