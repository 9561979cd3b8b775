import { describe, expect, it } from 'vitest';
import { powerOf } from '../../../src/proof/power.ts';

const at = (time: number) => ({ from: time, until: time });

describe('a node without power', () => {
  const power = powerOf();
  power.lost('director1', 1000);
  power.back('director1', 5000);

  it('says nothing, and others go on', () => {
    expect(power.told('director1', at(1000))).toBeUndefined();
    expect(power.told('director1', at(4999))).toBeUndefined();
    expect(power.told('director2', at(4999))).toBe(4999);
  });

  it('has said what it said before, though it is read later', () => {
    expect(power.told('director1', at(998))).toBe(998);
    // Written in a second in which the power went.
    expect(power.told('director1', { from: 900, until: 1100 })).toBe(999);
  });

  it('speaks again when it is healed, and fails again', () => {
    expect(power.told('director1', at(5000))).toBe(5000);
    power.lost('director1', 7000);
    power.lost('director1', 8000);
    expect(power.told('director1', at(7500))).toBeUndefined();
  });

  it('is heard from the first moment at which it is back, in whatever order that is known', () => {
    power.lost('rs2', 1000);
    power.back('rs2', 6000);
    power.back(undefined, 2000);
    expect(power.told('rs2', at(1999))).toBeUndefined();
    expect(power.told('rs2', at(2000))).toBe(2000);
    // Its own healing before a cut does not shorten the cut.
    power.lost('rs2', 4000);
    expect(power.told('rs2', at(4500))).toBeUndefined();
  });
});
