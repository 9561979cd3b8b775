import { describe, expect, it } from 'vitest';
import { parseStep } from '../../../src/timeline/scenario.ts';

describe('a step of a scenario', () => {
  it.each([
    ['3s fail rs1 web', { at: 3, verb: 'fail', node: 'rs1', what: 'web', how: 'kill' }],
    ['3 fail rs1 web freeze', { at: 3, verb: 'fail', node: 'rs1', what: 'web', how: 'freeze' }],
    ['2.5s fail rs1 web --how wrong', { at: 2.5, verb: 'fail', node: 'rs1', what: 'web', how: 'wrong' }],
    ['1s fail director', { at: 1, verb: 'fail', node: 'director', what: undefined, how: 'kill' }],
    ['9s heal', { at: 9, verb: 'heal', node: '' }],
    ['9s heal rs1 eth0', { at: 9, verb: 'heal', node: 'rs1', what: 'eth0' }],
    ['5s exec d2 ip addr show', { at: 5, verb: 'exec', node: 'd2', command: 'ip addr show' }],
  ])('%s', (text, wanted) => {
    expect(parseStep(text)).toMatchObject(wanted);
  });

  it.each([
    ['fail rs1', 'not a time'],
    ['3x fail rs1', 'not a time'],
    ['3s break rs1', 'not a time'],
    ['3s fail', 'no node'],
    ['3s fail rs1 web slowly', 'no way to fail'],
    ['3s heal rs1 web wrong', 'heal takes'],
    ['3s exec rs1', 'no command'],
  ])('refuses %s', (text, why) => {
    expect(() => parseStep(text)).toThrow(why);
  });
});
