import type { ShownChange, Frame, ShownService } from '../commands/watch.ts';
import type { Line } from '../terminal/screen.ts';
import { columns } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';
import { counted } from '../topology/counted.ts';

const HEADINGS = [
  'SERVER',
  'NODE',
  'METHOD',
  'WEIGHT',
  'ACTIVE',
  'INACTIVE',
  'CONNS',
  'CONN/S',
  'IN/S',
  'OUT/S',
];

/** How many of the last changes are shown. */
const SHOWN_CHANGES = 8;

/**
 * A look at the directors as lines, for a screen or a pipe.
 * @param changes the last ones, oldest first
 */
export function watchLines(frame: Frame, changes: ShownChange[]): Line[] {
  return [
    { text: `lab ${frame.lab}  ${clock(frame.time)}`, paint: paint.bold },
    ...frame.directors.flatMap(({ director, services }) => [
      { text: '' },
      { text: services.length === 0 ? `${director}: no service` : director, paint: paint.bold },
      ...services.flatMap(serviceLines),
    ]),
    ...(changes.length === 0 ? [] : [{ text: '' }, { text: 'last changes', paint: paint.bold }]),
    ...changes
      .slice(-SHOWN_CHANGES)
      .reverse()
      .map(({ time, director, text }) => ({
        text: `  ${clock(time)}  ${frame.directors.length > 1 ? `${director}: ` : ''}${text}`,
        // What has just happened stands out.
        ...(Date.parse(frame.time) - Date.parse(time) < 5000 ? { paint: paint.yellow } : {}),
      })),
  ];
}

function serviceLines({ service, scheduler, flags, rates, counters, servers }: ShownService): Line[] {
  const [heading = '', ...rows] = columns([
    HEADINGS,
    ...servers.map((s) => [
      s.server,
      s.node ?? '',
      s.method,
      String(s.weight),
      String(s.active),
      String(s.inactive),
      String(s.counters.connections),
      s.rates.connections.toFixed(1),
      bytes(s.rates.bytesIn),
      bytes(s.rates.bytesOut),
    ]),
  ]).split('\n');
  const words = [service, scheduler, ...(flags === '' ? [] : [flags])].join('  ');
  return [
    {
      text: `  ${words}   ${counted(counters.connections, 'connection')}, ${rates.connections.toFixed(1)}/s, in ${bytes(rates.bytesIn)}/s, out ${bytes(rates.bytesOut)}/s`,
      paint: paint.cyan,
    },
    ...(servers.length === 0
      ? [{ text: '    no real server' }]
      : [{ text: `    ${heading}`, paint: paint.dim }]),
    ...rows.map((row, index) => ({
      text: `    ${row}`,
      ...(servers[index]?.weight === 0 ? { paint: paint.yellow } : {}),
    })),
  ];
}

/** Bytes as people read them: `1.5 kB`; a thousand to a kB, as rates are told. */
function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit] ?? ''}`;
}

/** The time of day here. */
function clock(iso: string): string {
  const date = new Date(iso);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, '0'))
    .join(':');
}
