import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Answers, type Answer } from '../../../src/runtime/answers.ts';
import { parseResults } from '../../../src/runtime/job-results.ts';

const text = ({ good, body }: Answer) => `${good ? 'ok' : 'error'} ${body.toString('latin1')}`;

describe('answers', () => {
  it('are the same however they are cut', () => {
    const answer = fc.record({ good: fc.boolean(), body: fc.uint8Array({ maxLength: 200 }) });
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 5 }), fc.array(fc.nat(60)), (sent, cuts) => {
        const bytes = Buffer.concat(
          sent.flatMap(({ good, body }) => [
            Buffer.from(`${good ? 'ok' : 'error'} ${body.length}\n`),
            Buffer.from(body),
          ]),
        );
        const reader = new Answers();
        const got: Answer[] = [];
        let at = 0;
        for (const size of cuts) {
          got.push(...reader.take(bytes.subarray(at, at + size)));
          at += size;
        }
        got.push(...reader.take(bytes.subarray(at)));
        expect(got.map(text)).toEqual(sent.map(({ good, body }) => text({ good, body: Buffer.from(body) })));
        expect(reader.unread()).toBe('');
      }),
    );
  });

  it('come together in time that grows with their bytes, not with the square', () => {
    const reader = new Answers();
    const size = 16 * 1024 ** 2;
    reader.take(Buffer.from(`ok ${size}\n`));
    // Copying all that has come for each piece would move more than a terabyte.
    const piece = Buffer.alloc(128, 1);
    let got: Answer[] = [];
    for (let sent = 0; sent < size; sent += piece.length) got = reader.take(piece);
    expect(got.map(({ body }) => body.length)).toEqual([size]);
  });

  it('are of some length at most', () => {
    expect(new Answers(4).take(Buffer.from('ok 4\nabcd')).map(text)).toEqual(['ok abcd']);
    expect(() => new Answers(4).take(Buffer.from('ok 5\n'))).toThrow(
      'an answer of 5 bytes was announced, and the longest has 4',
    );
  });
});

describe('results of commands', () => {
  it('are taken apart', () => {
    expect(parseResults(Buffer.from('3 2 1\nabc0 0 0\n'), 2)).toEqual([
      { code: 3, stdout: Buffer.from('ab'), stderr: 'c' },
      { code: 0, stdout: Buffer.alloc(0), stderr: '' },
    ]);
  });

  it.each(['', '0 0 0', '0 0\n', 'x y z\n', '0 5 0\nab', '0 1e9 0\n'])(
    'that are not whole are no results: %j',
    (said) => {
      expect(() => parseResults(Buffer.from(said), 1)).toThrow('stopped answering in the middle');
    },
  );
});
