import { describe, expect, it } from 'vitest';
import type { LoadReport } from '../../../src/commands/load.ts';
import { lineChartSvg } from '../../../src/report/diagram/chart.ts';
import { loadChart, loadText } from '../../../src/report/load.ts';
import { onTerminal } from '../../../src/terminal/paint.ts';

const NONE = { connect: 0, read: 0, timeout: 0, status: 0, unanswered: 0 };
function report(part: Partial<LoadReport> = {}): LoadReport {
  return {
    lab: 'nat',
    service: '203.0.113.100:80',
    clients: ['client'],
    connections: 8,
    keepAlive: false,
    seconds: 2,
    requests: 100,
    rate: 50,
    bytes: 20480,
    latency: { p50: 1.234, p75: 2, p90: 3, p99: 40.25, max: 120 },
    errors: NONE,
    statuses: {},
    servers: [
      { server: 'rs1', answers: 100, share: 1 },
      { server: 'rs2', answers: 0, share: 0 },
    ],
    perSecond: [
      { rs1: 40, rs2: 0 },
      { rs1: 60, rs2: 0 },
    ],
    ...part,
  };
}
// eslint-disable-next-line no-control-regex
const plain = (text: string) => onTerminal(text).replaceAll(/\x1b\[\d+m/g, '');

describe('the table of a load', () => {
  it('says rate, latency and the share of each server, those that answered nothing too', () => {
    expect(plain(loadText(report()))).toBe(
      [
        'rate         50.0 requests/s',
        'connections  8 at once, one request each, from client',
        'received     10.0 kB/s',
        'latency      50% 1.23 ms, 75% 2.00 ms, 90% 3.00 ms, 99% 40.3 ms, max 120.0 ms',
        'errors       none',
        '',
        'REAL SERVER  ANSWERS  SHARE',
        'rs1          100      100.0%',
        'rs2          0        0.0%',
      ].join('\n'),
    );
  });

  it('says each kind of error, with the statuses', () => {
    const text = plain(loadText(report({ errors: { ...NONE, read: 2, status: 5 }, statuses: { '404': 5 } })));
    expect(text).toContain('errors       2 connections broken before the answer');
    expect(text).toContain('errors       5 answers that are not 2xx (5 × 404)');
    expect(text).not.toContain('none');
  });

  it('does not call it good that nothing was answered', () => {
    const text = plain(loadText(report({ requests: 0, latency: null })));
    expect(text).toContain('latency      nothing was answered');
    expect(text).toContain('errors       not one answer');
  });
});

describe('the chart of a load', () => {
  it('has a line for each server and a point for each second', () => {
    expect(loadChart(report())).toMatchObject({
      x: [1, 2],
      series: [
        { name: 'rs1', values: [40, 60] },
        { name: 'rs2', values: [0, 0] },
      ],
    });
    expect(lineChartSvg(loadChart(report()))).toContain('answers in a second');
  });

  it('has means over several seconds where there would be too many points', () => {
    const perSecond = Array.from({ length: 90 }, (_, second) => ({ rs1: second, rs2: 1 }));
    const { x, series } = loadChart(report({ perSecond }));
    expect(x).toHaveLength(30);
    expect(x.slice(-2)).toEqual([87, 90]);
    expect(series[0]?.values.slice(0, 2)).toEqual([1, 4]);
    expect(series[1]?.values).toEqual(Array.from({ length: 30 }, () => 1));
  });
});
