import { describe, expect, it } from 'vitest';
import { portNumber, secondsArgument, wholeNumber } from '../../../src/cli/numbers.ts';

describe.each([
  {
    what: 'a whole number from 2 to 40',
    read: wholeNumber(2, 40),
    good: ['2', '40', '007'],
    bad: ['1', '41', '', ' ', '3.5', '-3', '1e1', '0x10', 'many', '3 '],
    says: 'it must be a whole number from 2 to 40',
  },
  {
    what: '0.2 to 3600 seconds',
    read: secondsArgument(0.2, 3600),
    good: ['0.2', '.5', '3600', '1.25'],
    bad: ['0.1', '3600.1', '', '.', '1.', '1,5', '2s', '-1', '1e2', 'Infinity'],
    says: 'it must be 0.2 to 3600 seconds',
  },
  {
    what: 'a port',
    read: portNumber(1),
    good: ['1', '80', '65535'],
    bad: ['0', '65536', '', 'http', '-1', '80.0'],
    says: 'it must be a port, 1 to 65535',
  },
  {
    what: 'a port that may be any',
    read: portNumber(0),
    good: ['0', '65535'],
    bad: ['65536', ''],
    says: 'it must be a port, 0 to 65535; 0: any that is free',
  },
])('$what', ({ read, good, bad, says }) => {
  it.each(good)('reads %j', (text) => {
    expect(read(text)).toBe(Number(text));
  });

  it.each(bad)('refuses %j, and says what it must be', (text) => {
    expect(() => read(text)).toThrow(says);
  });
});
