import { describe, expect, it } from 'vitest';
import { powerOf } from '../../../src/proof/power.ts';

const at = (time: number) => ({ from: time, until: time });

describe('a node without power', () => {
  const power = powerOf(['rs2']);
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

  it('may have had none from the beginning, until everything is healed', () => {
    expect(power.told('rs2', at(8000))).toBeUndefined();
    power.back(undefined, 9000);
    expect(power.told('rs2', at(9000))).toBe(9000);
    expect(power.told('director1', at(9000))).toBe(9000);
  });
});
