import { describe, expect, it } from 'vitest';
import { chartPicture, lineChartSvg, type LineChart } from '../../../../src/report/diagram/chart.ts';
import { tickText, ticks } from '../../../../src/report/diagram/ticks.ts';
import { collisions } from './overlap.ts';
import { xmlProblem } from './well-formed.ts';

const SHARE: LineChart = {
  title: 'The director’s share <of> the traffic',
  xLabel: 'real servers',
  yLabel: 'bytes through the director & out',
  x: [1, 2, 4, 8],
  series: [
    { name: 'NAT', values: [2.05, 2.05, 2.06, 2.05] },
    { name: 'TUN', values: [0.07, 0.07, 0.07, 0.07] },
    { name: 'DR', values: [0.06, 0.06, 0.06, 0.06] },
  ],
};

const CHARTS: [string, LineChart][] = [
  ['three modes', SHARE],
  ['no points', { ...SHARE, x: [], series: [] }],
  ['one point', { ...SHARE, x: [3], series: [{ name: 'one', values: [0] }] }],
  ['gaps and negative values', { ...SHARE, series: [{ name: 'gaps', values: [-4, NaN, Infinity, 9e12] }] }],
  ['crowded x', { ...SHARE, x: [1, 1.001, 1.002, 50], series: SHARE.series }],
  [
    'equal lines at the axis',
    { ...SHARE, series: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, values: [1, 1, 1, 0] })) },
  ],
  [
    'long names',
    {
      ...SHARE,
      series: ['of the first', 'of the second', 'of the third', 'of the fourth'].map((name) => ({
        name: `a line with the long name ${name}`,
        values: [1, 2, 3, 4],
      })),
    },
  ],
];

describe.each(CHARTS)('a chart with %s', (_, chart) => {
  it('is well-formed, the same every time, and without text on text', () => {
    const svg = lineChartSvg(chart);
    expect(xmlProblem(svg)).toBeUndefined();
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(lineChartSvg(structuredClone(chart))).toBe(svg);
    expect(collisions(chartPicture(chart))).toEqual([]);
  });
});

describe('lineChartSvg', () => {
  it('names each line in the legend and at its end, and every axis', () => {
    const texts = chartPicture(SHARE).texts.map((t) => t.text);
    for (const { name } of SHARE.series) expect(texts.filter((text) => text === name)).toHaveLength(2);
    for (const text of ['1', '2', '4', '8', '0', '0.5', '2.5', SHARE.xLabel, SHARE.yLabel])
      expect(texts).toContain(text);
  });

  it('breaks a line where a value is missing', () => {
    const chart = { ...SHARE, series: [{ name: 'a', values: [1, NaN, 2, 3] }] };
    const [, line] = chartPicture(chart).shapes.filter((shape) => shape.startsWith('<path'));
    expect(line?.match(/M/g)).toHaveLength(2);
    expect(line?.match(/L/g)).toHaveLength(1);
  });
});

describe('ticks', () => {
  it.each([
    [0, 2.06, [0, 0.5, 1, 1.5, 2, 2.5]],
    [0, 8, [0, 2, 4, 6, 8]],
    [0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [-1, 3, [-1, 0, 1, 2, 3]],
  ])('covers %d to %d', (low, high, expected) => {
    expect(ticks(low, high)).toEqual(expected);
  });

  it('prints short numbers', () => {
    expect([0, 1.5, 2000, 150_000, -2e6, 9e12, 1e-7].map(tickText)).toEqual([
      '0',
      '1.5',
      '2000',
      '150\u00a0000',
      '-2\u00a0000\u00a0000',
      '9e12',
      '1e-7',
    ]);
  });
});
