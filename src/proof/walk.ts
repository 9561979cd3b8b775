import { encapsulation } from './changes.ts';
import { endText, hopLimit } from './ends.ts';
import { innermost } from './packet.ts';
import type { Crossing, Journey, Walk } from './types.ts';

/** A piece of a line; what changed since the packet's previous crossing is marked. */
export interface Span {
  text: string;
  changed: boolean;
}

/** One crossing as a line of a walk. */
export interface WalkLine {
  /** Index into `walk.journeys`. */
  journey: number;
  /** Index into that journey's `crossings`. */
  crossing: number;
  /** `SYN`; empty on all lines of a journey but the first. */
  label: string;
  /** `client eth0 → director eth0`. */
  hop: string;
  /** Columns: addresses, tunnel header, TTL, MAC addresses. A column may be empty. */
  columns: Span[][];
  /** `lost`, `retransmission` … */
  notes: string[];
  /** The line in plain text, columns aligned over the walk, a changed piece marked by `*`. */
  text: string;
}

/** The walk of a connection hop by hop, one line for each crossing. */
export function describeWalk(walk: Walk): WalkLine[] {
  const lines = walk.journeys.flatMap((journey, j) =>
    journey.crossings.map((crossing, c): WalkLine => ({
      journey: j,
      crossing: c,
      label: c === 0 ? journey.label : '',
      hop: hopText(crossing),
      columns: [addresses(crossing), tunnel(crossing), ttl(crossing), macs(crossing)],
      notes: notes(journey, crossing, c),
      text: '',
    })),
  );
  const cells = lines.map((line) => [line.label, line.hop, ...line.columns.map(plain)]);
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  lines.forEach((line, row) => {
    const text = (cells[row] ?? [])
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .filter((_, column) => (widths[column] ?? 0) > 0)
      .join('  ');
    const remarks = line.notes.length === 0 ? '' : `  (${line.notes.join(', ')})`;
    line.text = `${text.trimEnd()}${remarks}`;
  });
  return lines;
}

function plain(spans: Span[]): string {
  return spans.map((span) => `${span.text}${span.changed ? '*' : ''}`).join('');
}

/** `client eth0 → director eth0`. */
export function hopText(crossing: Crossing): string {
  const side = (place: Crossing['from'], mac: string | undefined) =>
    place === undefined ? (mac ?? '?') : `${place.node} ${place.device}`;
  const { link } = crossing.packet;
  return `${side(crossing.from, link?.source)} → ${side(crossing.to, link?.destination)}`;
}

function still(text: string): Span {
  return { text, changed: false };
}

function changed(crossing: Crossing, layer: string, ...fields: string[]): boolean {
  return crossing.changes.some((c) => c.layer === layer && fields.includes(c.field));
}

function addresses(crossing: Crossing): Span[] {
  const ip = innermost(crossing.packet);
  if (ip === undefined) return [];
  const end = (side: 'source' | 'destination'): Span => ({
    text: endText(ip, side),
    changed: ['ip', 'tcp', 'udp'].some((layer) => changed(crossing, layer, side)),
  });
  return [end('source'), still(' → '), end('destination')];
}

function tunnel(crossing: Crossing): Span[] {
  const around = encapsulation(crossing.packet);
  if (around === undefined) {
    const removed = crossing.changes.find((c) => c.layer === 'outer' && c.field === 'protocol');
    return removed === undefined ? [] : [{ text: `${removed.before ?? 'tunnel'} taken off`, changed: true }];
  }
  const { name, outer } = around;
  return [
    still('in '),
    { text: name, changed: changed(crossing, 'outer', 'protocol') },
    still(' '),
    { text: outer.source, changed: changed(crossing, 'outer', 'source') },
    still(' → '),
    { text: outer.destination, changed: changed(crossing, 'outer', 'destination') },
    still(' '),
    { text: hopLimit(outer), changed: changed(crossing, 'outer', 'ttl') },
  ];
}

function ttl(crossing: Crossing): Span[] {
  const ip = innermost(crossing.packet);
  return ip === undefined ? [] : [{ text: hopLimit(ip), changed: changed(crossing, 'ip', 'ttl') }];
}

function macs(crossing: Crossing): Span[] {
  const { link } = crossing.packet;
  if (link === undefined) return [];
  return [
    still('mac '),
    { text: link.source, changed: changed(crossing, 'link', 'source') },
    still(' → '),
    { text: link.destination ?? '?', changed: changed(crossing, 'link', 'destination') },
  ];
}

function notes(journey: Journey, crossing: Crossing, index: number): string[] {
  return [
    ...(index === 0 && journey.retransmission === true ? ['retransmission'] : []),
    ...(crossing.resegmented === true ? ['cut or joined on the way'] : []),
    ...(crossing.lost === true ? ['never arrived'] : []),
    ...(crossing.sent === undefined ? ['seen only where it arrived'] : []),
    ...(crossing.packet.ip?.checksumRight === false ? ['wrong IP header checksum'] : []),
  ];
}
