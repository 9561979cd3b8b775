import { describe, expect, it } from 'vitest';
import { failureText, outstanding, type FailureAction } from '../../../src/records/failures.ts';

const did = (
  action: 'fail' | 'heal',
  node: string,
  what?: string,
  how?: FailureAction['how'],
): FailureAction => ({
  time: '',
  action,
  node,
  ...(what === undefined ? {} : { what }),
  ...(how === undefined ? {} : { how }),
});

describe('what has failed and was not healed', () => {
  it('is what no later action undid', () => {
    const web = did('fail', 'rs1', 'web', 'freeze');
    const link = did('fail', 'rs1', 'eth0', 'kill');
    expect(outstanding([web, link, did('heal', 'rs1', 'web')])).toEqual([link]);
    expect(outstanding([web, did('heal', 'rs2')])).toEqual([web]);
  });

  it('is nothing on a node that was healed as a whole', () => {
    const failed = [did('fail', 'rs1', 'web', 'kill'), did('fail', 'rs1', undefined, 'kill')];
    expect(outstanding([...failed, did('heal', 'rs1')])).toEqual([]);
  });

  it('stays where only a part of a node without power was healed', () => {
    const power = did('fail', 'rs1', undefined, 'kill');
    expect(outstanding([power, did('heal', 'rs1', 'web')])).toEqual([power]);
  });

  it('counts once what was done twice', () => {
    const web = did('fail', 'rs1', 'web', 'wrong');
    expect(outstanding([web, web])).toEqual([web]);
  });

  it('is said in words', () => {
    expect(failureText({ node: 'rs1' })).toBe('rs1 has no power');
    expect(failureText({ node: 'rs1', what: 'eth0', how: 'kill' })).toBe('rs1 eth0 is down');
    expect(failureText({ node: 'rs1', what: 'web', how: 'kill' })).toBe('rs1 web is killed');
    expect(failureText({ node: 'rs1', what: 'web', how: 'wrong' })).toBe('rs1 web answers wrongly');
  });
});
