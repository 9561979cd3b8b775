import { expect, it } from 'vitest';
import { groupOutputs } from '../../../src/class/groups.ts';
import { groupsText } from '../../../src/report/class-work.ts';

const output = (seat: string, stdout: string, code: number | undefined = 0, stderr = '') => ({
  ...{ seat, stdout, code, stderr },
});

it('equal outputs are shown once, what most have first, and what differs in code or stderr apart', () => {
  const groups = groupOutputs([
    output('a', 'x\n', 1),
    output('b', 'x\n'),
    output('c', 'x\n'),
    output('d', 'x\n', 0, 'but'),
    { ...output('e', '', 0, 'gone'), code: undefined },
  ]);
  expect(groups.map(({ seats }) => seats)).toEqual([['b', 'c'], ['a'], ['d'], ['e']]);
  expect(groupsText(groups, 5)).toBe(
    '==> b, c (2 of 5) <==\nx\n==> a (1 of 5): exit code 1 <==\nx\n==> d (1 of 5) <==\nx\nbut\n' +
      '==> e (1 of 5): could not be run <==\ngone',
  );
});

it('what all have in common needs no names', () => {
  expect(groupsText(groupOutputs([output('a', 'x'), output('b', 'x')]), 2)).toBe('==> all 2 seats <==\nx');
});
