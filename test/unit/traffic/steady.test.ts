import { describe, expect, it } from 'vitest';
import { readRequest } from '../../../src/traffic/steady.ts';

describe('a line of a client that asks steadily', () => {
  it('is a request with its beginning and its end', () => {
    expect(readRequest('200\trs1\t0.250000\t', 1000)).toEqual({
      began: 750,
      ended: 1000,
      server: 'rs1',
      error: '',
    });
  });

  it.each([
    ['000\t\t1.000000\tConnection timed out', 'Connection timed out'],
    ['500\trs1\t0.010000\t', 'HTTP status 500'],
    ['200\t\t0.010000\t', 'no X-Real-Server'],
    ['200\trs1\t0.010000\ttransfer closed', 'transfer closed'],
  ])('is a failed one: %s', (line, error) => {
    expect(readRequest(line, 1000)).toMatchObject({ server: undefined, error });
  });

  it.each(['', 'curl: (28) Connection timed out', '200'])('is none: %s', (line) => {
    expect(readRequest(line, 1000)).toBeUndefined();
  });
});
