import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { gatewayLogger, readLines } from '../../../../src/commands/class/gateway-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-gateway-log-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function log(name: string, most?: number) {
  const file = join(folder, name);
  let now = 0;
  const say = (line: string) => {
    appendFileSync(file, `${line}\n`);
  };
  return {
    file,
    seat: gatewayLogger(file, say, () => now, most)('s01'),
    pass: (milliseconds: number) => (now += milliseconds),
    lines: () => readFileSync(file, 'utf8').split('\n').slice(0, -1),
  };
}

describe('the log of a gateway', () => {
  it('says so much of strangers in a minute, counts the rest, and leaves out no login', () => {
    const { seat, pass, lines } = log('minute');
    for (let n = 1; n <= 1000; n += 1) seat.noise(`stranger ${n}`);
    seat.note('Accepted password');
    expect(lines().length).toBe(62);
    expect(lines()[0]).toBe('1970-01-01T00:00:00.000Z s01: stranger 1');
    expect(lines().at(-1)).toContain('Accepted password');
    pass(60_000);
    seat.noise('stranger');
    expect(lines().slice(-2)).toEqual([
      '1970-01-01T00:01:00.000Z s01: 940 more lines like these in that minute',
      '1970-01-01T00:01:00.000Z s01: stranger',
    ]);
  });

  it('has no line that is longer than a screen is wide a few times, or that begins another', () => {
    const { seat, lines } = log('line');
    seat.noise(`a\nb\x1b[2J${'x'.repeat(5000)}`);
    expect(lines().length).toBe(1);
    expect(lines()[0]).toMatch(/s01: a\?b\?\[2Jx+$/);
    expect(lines()[0]?.length).toBeLessThan(400);
  });

  it('is never larger than so much, and keeps as much of what was before', () => {
    const { seat, file, lines } = log('size', 10_000);
    for (let n = 0; n < 1000; n += 1) seat.note(`login ${n} ${'x'.repeat(100)}`);
    expect(statSync(file).size).toBeLessThan(10_500);
    expect(statSync(`${file}.1`).size).toBeLessThan(10_500);
    expect(lines().at(-1)).toContain('login 999');
  });
});

it('lines are read whole, however they are cut', async () => {
  const stream = new PassThrough();
  const read: string[] = [];
  readLines(stream, (line) => read.push(line));
  stream.write('Invalid user ');
  stream.write('Accepted password for student from x\r\nsecond\n\n');
  stream.write('x'.repeat(100_000));
  stream.end('\nlast\n');
  await new Promise((resolve) => stream.once('end', resolve));
  expect(read.map((line) => line.slice(0, 60))).toEqual([
    'Invalid user Accepted password for student from x',
    'second',
    'x'.repeat(60),
    'last',
  ]);
});
