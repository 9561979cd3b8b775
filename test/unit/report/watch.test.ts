import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/commands/watch.ts';
import { NOTHING_COUNTED } from '../../../src/ipvs/table.ts';
import { openScreen } from '../../../src/terminal/screen.ts';
import { watchLines } from '../../../src/report/watch.ts';

const FRAME: Frame = {
  lab: 'nat',
  time: '2026-01-01T12:00:10.000Z',
  directors: [
    {
      director: 'director',
      services: [
        {
          service: 'tcp 203.0.113.100:80',
          scheduler: 'wrr',
          flags: 'persistent 30',
          counters: { ...NOTHING_COUNTED, connections: 42 },
          rates: { ...NOTHING_COUNTED, connections: 2.5, bytesIn: 1234, bytesOut: 2_000_000 },
          servers: [
            {
              server: '10.0.0.11:80',
              node: 'rs1',
              method: 'nat',
              weight: 1,
              active: 3,
              inactive: 4,
              counters: { ...NOTHING_COUNTED, connections: 40 },
              rates: { ...NOTHING_COUNTED, connections: 2.4, bytesIn: 999 },
            },
            {
              server: '10.0.0.99:80',
              node: undefined,
              method: 'dr',
              weight: 0,
              active: 0,
              inactive: 0,
              counters: NOTHING_COUNTED,
              rates: NOTHING_COUNTED,
            },
          ],
        },
      ],
    },
  ],
  changes: [],
};
const change = (second: number, text: string) => ({
  time: `2026-01-01T12:00:${String(second).padStart(2, '0')}.000Z`,
  director: 'director',
  text,
});
const texts = (frame: Frame, changes = [change(1, 'old'), change(9, 'new')]) =>
  watchLines(frame, changes).map((line) => line.text);

describe('a look at the tables', () => {
  it('shows services, servers with their nodes, and the last changes, newest first', () => {
    expect(texts(FRAME).slice(1)).toEqual([
      '',
      'director',
      '  tcp 203.0.113.100:80  wrr  persistent 30   42 connections, 2.5/s, in 1.2 kB/s, out 2.0 MB/s',
      '    SERVER        NODE  METHOD  WEIGHT  ACTIVE  INACTIVE  CONNS  CONN/S  IN/S   OUT/S',
      '    10.0.0.11:80  rs1   nat     1       3       4         40     2.4     999 B  0 B',
      '    10.0.0.99:80        dr      0       0       0         0      0.0     0 B    0 B',
      '',
      'last changes',
      expect.stringMatching(/^ {2}\d\d:00:09 {2}new$/),
      expect.stringMatching(/^ {2}\d\d:00:01 {2}old$/),
    ]);
  });

  it('says so where a director has nothing', () => {
    const empty = { ...FRAME, directors: [{ director: 'director', services: [] }] };
    expect(texts(empty, []).slice(1)).toEqual(['', 'director: no service']);
  });

  it('names the director of a change where there are several', () => {
    const two = { ...FRAME, directors: [...FRAME.directors, { director: 'two', services: [] }] };
    expect(texts(two).at(-1)).toMatch(/director: old$/);
  });
});

/** A terminal that remembers what it was sent. */
class Terminal extends EventEmitter {
  columns: number;
  rows: number;
  sent = '';
  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }
  write(text: string): void {
    this.sent += text;
  }
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.sent = '';
    this.emit('resize');
  }
  /** The rows of the last picture. */
  get picture(): string[] {
    const last = this.sent.slice(this.sent.lastIndexOf('\x1b[H') + 3).split('\x1b[J')[0] ?? '';
    return last.replaceAll('\x1b[K', '').split('\n');
  }
}

describe('a screen', () => {
  const open = (columns: number, rows: number) => {
    const terminal = new Terminal(columns, rows);
    return { terminal, screen: openScreen(terminal as unknown as NodeJS.WriteStream) };
  };
  const lines = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ text: `line ${i} ${'x'.repeat(40)}` }));

  it('cuts to the width and height that the terminal has, also after a resize', () => {
    const { terminal, screen } = open(20, 4);
    screen.draw(lines(6));
    expect(terminal.picture).toEqual([
      'line 0 xxxxxxxxxxxx',
      'line 1 xxxxxxxxxxxx',
      'line 2 xxxxxxxxxxxx',
      '… 3 more lines',
    ]);
    terminal.resize(10, 50);
    expect(terminal.picture).toHaveLength(6);
    expect(terminal.picture[5]).toBe('line 5 xx');
    terminal.resize(0, 0);
    expect(terminal.picture[0]).toHaveLength(47);
    screen.close();
  });

  it('leaves the terminal as it was, once, and draws no more', () => {
    const { terminal, screen } = open(80, 24);
    const before = process.listenerCount('exit');
    screen.draw(lines(1));
    screen.close();
    screen.close();
    expect(terminal.sent.startsWith('\x1b[?1049h\x1b[?25l')).toBe(true);
    expect(terminal.sent.split('\x1b[?1049l')).toHaveLength(2);
    expect(terminal.sent.endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
    terminal.resize(40, 10);
    screen.draw(lines(2));
    expect(terminal.sent).toBe('');
    expect(process.listenerCount('exit')).toBe(before - 1);
  });
});
