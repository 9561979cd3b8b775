import { MARGIN, paragraphs } from './draw.ts';
import { place, renderPicture, textHeight, textWidth, type Picture, type PlacedText } from './picture.ts';
import { COLOURS, SERIES } from './theme.ts';
import { tickText, ticks } from './ticks.ts';
import { element, number } from './xml.ts';

export interface LineChart {
  title: string;
  xLabel: string;
  yLabel: string;
  x: number[];
  /** A value for each x; one that is no finite number leaves a gap in the line. */
  series: { name: string; values: number[] }[];
}

interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface Point {
  x: number;
  y: number;
}

const PLOT = { width: 620, height: 340 };
const TICK = textHeight('tick');
const LABEL_GAP = 14;

/** A line chart as a standalone SVG file, each line named in a legend and at its end. */
export function lineChartSvg(chart: LineChart): string {
  return renderPicture(chartPicture(chart));
}

/** The picture that `lineChartSvg` writes. */
export function chartPicture(chart: LineChart): Picture {
  const values = chart.series.flatMap((s) => s.values.slice(0, chart.x.length)).filter(Number.isFinite);
  const yTicks = ticks(Math.min(0, ...values), Math.max(0, ...values));
  const xs = [...new Set(chart.x.filter(Number.isFinite))].sort((a, b) => a - b);
  // Few points are read off one by one: each has its own tick.
  const xTicks = xs.length > 0 && xs.length <= 8 ? xs : ticks(xs[0] ?? 0, xs[xs.length - 1] ?? 1, 7);
  const left = MARGIN + Math.max(...yTicks.map((tick) => textWidth(tickText(tick), 'tick'))) + 10;
  const names = Math.max(0, ...chart.series.map((s) => textWidth(s.name, 'tick')));
  const width = left + PLOT.width + LABEL_GAP + names + MARGIN;

  const heading = paragraphs([{ text: chart.title, style: 'title' }], {
    left: MARGIN,
    top: MARGIN - 6,
    width: width - 2 * MARGIN,
  });
  const legend = drawLegend(chart, { left: MARGIN, top: heading.bottom + 8, width: width - 2 * MARGIN });
  const yLabel = paragraphs([{ text: chart.yLabel, style: 'axis' }], {
    left: MARGIN,
    top: legend.bottom + 14,
    width: width - 2 * MARGIN,
  });
  const top = yLabel.bottom + 14;
  const frame: Frame = { left, right: left + PLOT.width, top, bottom: top + PLOT.height };
  const across = scale(xTicks, frame.left + 24, frame.right - 24);
  const up = scale(yTicks, frame.bottom, frame.top);
  const axes = drawAxes(
    frame,
    xTicks.map((v) => ({ at: across(v), text: tickText(v) })),
    yTicks.map((v) => ({ at: up(v), text: tickText(v) })),
  );
  const lines = chart.series.map((s) =>
    chart.x.map((x, i): Point | undefined => {
      const y = s.values[i] ?? NaN;
      return Number.isFinite(x) && Number.isFinite(y) ? { x: across(x), y: up(y) } : undefined;
    }),
  );
  const middle = (frame.left + frame.right) / 2;
  const xLabel = place(chart.xLabel, 'axis', middle, frame.bottom + TICK + 14, 'middle');
  return {
    title: chart.title,
    width,
    height: xLabel.top + xLabel.height + MARGIN - 8,
    shapes: [...legend.shapes, ...axes.shapes, ...lines.flatMap((points, i) => drawLine(points, i))],
    texts: [
      ...heading.texts,
      ...legend.texts,
      ...yLabel.texts,
      ...axes.texts,
      xLabel,
      ...endLabels(chart, lines, frame),
    ],
  };
}

function scale(domain: number[], from: number, to: number): (value: number) => number {
  const low = domain[0] ?? 0;
  const high = domain[domain.length - 1] ?? 1;
  return (value) => (high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from));
}

interface Tick {
  at: number;
  text: string;
}

function drawAxes(frame: Frame, xTicks: Tick[], yTicks: Tick[]): { shapes: string[]; texts: PlacedText[] } {
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string) =>
    element('line', { x1, y1, x2, y2, stroke });
  let free = -Infinity;
  const xTexts = xTicks
    .map(({ at, text }) => place(text, 'tick', at, frame.bottom + 10, 'middle'))
    // Ticks of their own stand as the values do, some too close for all their numbers.
    .filter((text) => {
      if (text.left < free) return false;
      free = text.left + text.width + 6;
      return true;
    });
  return {
    shapes: [
      ...yTicks.map(({ at }) => line(frame.left, at, frame.right, at, COLOURS.bar)),
      ...xTicks.map(({ at }) => line(at, frame.bottom, at, frame.bottom + 6, COLOURS.faint)),
      line(frame.left, frame.bottom, frame.right, frame.bottom, COLOURS.faint),
    ],
    texts: [
      ...yTicks.map(({ at, text }) => place(text, 'tick', frame.left - 10, at - TICK / 2, 'end')),
      ...xTexts,
    ],
  };
}

function look(index: number): { colour: string; dash: string | undefined } {
  return SERIES[index % SERIES.length] ?? SERIES[0];
}

function stroke(index: number): Record<string, string | number | undefined> {
  const { colour, dash } = look(index);
  return {
    fill: 'none',
    stroke: colour,
    'stroke-width': 3,
    'stroke-dasharray': dash,
    'stroke-linejoin': 'round',
  };
}

function drawLine(points: (Point | undefined)[], index: number): string[] {
  let d = '';
  points.forEach((point, i) => {
    if (point === undefined) return;
    d += `${points[i - 1] === undefined ? 'M' : 'L'}${number(point.x)} ${number(point.y)}`;
  });
  return [
    ...(d === '' ? [] : [element('path', { d, ...stroke(index) })]),
    ...points.flatMap((p) =>
      p === undefined
        ? []
        : [
            element('circle', {
              cx: p.x,
              cy: p.y,
              r: 5,
              fill: look(index).colour,
              stroke: COLOURS.background,
              'stroke-width': 1.5,
            }),
          ],
    ),
  ];
}

function drawLegend(
  { series }: LineChart,
  at: { left: number; top: number; width: number },
): { shapes: string[]; texts: PlacedText[]; bottom: number } {
  const shapes: string[] = [];
  const texts: PlacedText[] = [];
  let { left, top } = at;
  series.forEach(({ name }, i) => {
    const width = 44 + textWidth(name, 'tick') + 26;
    if (left > at.left && left + width > at.left + at.width) {
      left = at.left;
      top += TICK + 4;
    }
    const y = top + TICK / 2;
    shapes.push(
      element('path', { d: `M${number(left)} ${number(y)}L${number(left + 36)} ${number(y)}`, ...stroke(i) }),
    );
    texts.push(place(name, 'tick', left + 44, top));
    left += width;
  });
  return { shapes, texts, bottom: series.length === 0 ? at.top : top + TICK };
}

/** Names at the ends of the lines that go all the way, moved apart where they end close together. */
function endLabels(chart: LineChart, lines: (Point | undefined)[][], frame: Frame): PlacedText[] {
  const ends = lines
    .flatMap((points, index) => {
      const end = points[points.length - 1];
      return end === undefined ? [] : [{ index, top: end.y - TICK / 2 }];
    })
    .sort((a, b) => a.top - b.top);
  let free = -Infinity;
  for (const label of ends) {
    label.top = Math.max(label.top, free);
    free = label.top + TICK;
  }
  // What was pushed below the axis goes back up, and pushes what is above it.
  let floor = frame.bottom + TICK / 2;
  for (const label of ends.toReversed()) {
    label.top = Math.min(label.top, floor - TICK);
    floor = label.top;
  }
  return ends.map(({ index, top }) => ({
    ...place(chart.series[index]?.name ?? '', 'tick', frame.right + LABEL_GAP, top),
    fill: look(index).colour,
  }));
}
