import { describe, expect, it } from 'vitest';
import { isFaultless, loadFigures } from '../../../src/traffic/load-figures.ts';
import { waitingIn, type ClientLoad } from '../../../src/traffic/load.ts';
import { readWrkLine, type WrkReport } from '../../../src/traffic/wrk.ts';

function seen(client: string, report: Partial<WrkReport> = {}, waiting = 0): ClientLoad {
  return {
    client,
    waiting,
    report: {
      duration: 2_000_000,
      requests: 0,
      bytes: 0,
      errors: { connect: 0, read: 0, write: 0, timeout: 0 },
      latency: [],
      answers: {},
      statuses: {},
      ...report,
    },
  };
}

describe('the figures of a load', () => {
  it('are those of all clients together, by server and by second', () => {
    const figures = loadFigures(
      [
        seen('c1', { requests: 30, bytes: 300, answers: { 'rs1 0': 10, 'rs1 1': 10, 'rs2 1': 10 } }),
        seen('c2', { requests: 10, bytes: 100, duration: 2_500_000, answers: { 'rs2 0': 9, '? 2': 1 } }),
      ],
      ['rs1', 'rs2', 'rs3'],
      2,
    );
    expect(figures).toMatchObject({ seconds: 2.5, requests: 40, rate: 16, bytes: 400 });
    expect(figures.servers).toEqual([
      { server: 'rs1', answers: 20, share: 0.5 },
      { server: 'rs2', answers: 19, share: 0.475 },
      { server: 'rs3', answers: 0, share: 0 },
      { server: '?', answers: 1, share: 0.025 },
    ]);
    expect(figures.perSecond).toEqual([
      { rs1: 10, rs2: 9, rs3: 0, '?': 0 },
      { rs1: 10, rs2: 10, rs3: 0, '?': 0 },
    ]);
  });

  it('have percentiles of all requests, which are not means of percentiles', () => {
    const { latency } = loadFigures(
      [
        seen('c1', { latency: [[1000, 50], [2000, 49], [9000, 1]] }), // prettier-ignore
        seen('c2', { latency: [[1000, 74], [3000, 26]] }), // prettier-ignore
      ],
      [],
      1,
    );
    // 124 of 200 within 1 ms, 173 within 2, 199 within 3, one took 9.
    expect(latency).toEqual({ p50: 1, p75: 2, p90: 3, p99: 3, max: 9 });
    expect(loadFigures([seen('c', { latency: [[7000, 1]] })], [], 1).latency).toEqual({
      p50: 7,
      p75: 7,
      p90: 7,
      p99: 7,
      max: 7,
    });
    expect(loadFigures([seen('c')], [], 1).latency).toBeNull();
  });

  it.each([
    ['connect', { errors: { connect: 1, read: 0, write: 2, timeout: 0 } }, 0, 3],
    ['read', { errors: { connect: 0, read: 4, write: 0, timeout: 0 } }, 0, 4],
    ['timeout', { errors: { connect: 0, read: 0, write: 0, timeout: 5 } }, 0, 5],
    ['status', { statuses: { '404': 2, '502': 3 } }, 0, 5],
    ['unanswered', {}, 6, 6],
  ] as const)('are not faultless with an error of kind %s', (kind, report, waiting, count) => {
    const good = loadFigures([seen('c', { requests: 1 })], [], 1);
    expect(isFaultless(good)).toBe(true);
    const bad = loadFigures([seen('c', { requests: 1, ...report }, waiting)], [], 1);
    expect(bad.errors).toEqual({ ...good.errors, [kind]: count });
    expect(isFaultless(bad)).toBe(false);
  });

  it('are not faultless where nothing was asked', () => {
    expect(isFaultless(loadFigures([seen('c')], [], 1))).toBe(false);
  });
});

describe('connections that wait', () => {
  const details = (lastsnd: number) =>
    `\t cubic rto:201 mss:1448 lastsnd:${lastsnd} lastrcv:4294740286 lastack:7 app_limited\n`;
  const row = (state: string, timer = '') =>
    `${state} 0      1      203.0.113.101:60868 203.0.113.100:80 ${timer}\n`;

  it('are those whose SYN was sent again, and those that sent long ago', () => {
    const sockets = [
      row('SYN-SENT', 'timer:(on,650ms,3)') + details(4294740286),
      row('SYN-SENT', 'timer:(on,990ms,0)') + details(4294740286),
      row('ESTAB') + details(3),
      row('ESTAB') + details(1700),
      row('TIME-WAIT', 'timer:(timewait,59sec,0)'),
    ];
    expect(sockets.map(waitingIn)).toEqual([1, 0, 0, 1, 0]);
    expect(waitingIn(sockets.join(''))).toBe(2);
    expect(waitingIn('')).toBe(0);
  });
});

describe('what wrk prints', () => {
  it('is read line by line, and what is for people is left', () => {
    expect(readWrkLine('@socket \t cubic wscale:7,7')).toEqual({ socket: '\t cubic wscale:7,7' });
    expect(readWrkLine('@second 3 1500')).toEqual({ second: 3, answers: 1500 });
    expect(readWrkLine('  1 threads and 8 connections')).toBeUndefined();
    const { report } = seen('c', { requests: 7 });
    expect(readWrkLine(`@report ${JSON.stringify(report)}`)).toEqual({ report });
  });

  it('is no report where it was cut off', () => {
    expect(readWrkLine('@report {"requests":7,"latency":[[1,2],[3')).toBeUndefined();
  });

  it.each(['{}', '[]', '"{}}"', '{"requests":"7","statuses":{}}', '{"x":{}}'])(
    'is no report where another program wrote it: %s',
    (text) => {
      expect(readWrkLine(`@report ${text}`)).toBeUndefined();
    },
  );
});
