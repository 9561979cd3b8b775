import { expect, it } from 'vitest';
import { counted } from '../../../src/topology/counted.ts';

it('counts one thing as one', () => {
  expect([0, 1, 2].map((n) => counted(n, 'network'))).toEqual(['0 networks', '1 network', '2 networks']);
  expect([1, 2].map((n) => counted(n, 'try', 'tries'))).toEqual(['1 try', '2 tries']);
});
