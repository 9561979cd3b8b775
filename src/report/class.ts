import type { ListedClass, SeatReset } from '../commands/class/seats.ts';
import type { ClassUpResult } from '../commands/class/up.ts';
import { seconds } from '../terminal/progress.ts';
import { columns, MARK } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';
import { visibleLine } from '../terminal/visible.ts';
import { counted } from '../topology/counted.ts';

/** What `class up` has to say in the end. */
export function classUpText({ class: name, seats, seconds: took }: ClassUpResult): string {
  const fresh = seats.filter(({ state }) => state === 'up').length;
  const failed = seats.filter(({ state }) => state === 'failed');
  return [
    ...(fresh === 0 ? [] : [`  ${seconds(took * 1000)}, ${(took / fresh).toFixed(2)} s a seat`]),
    ...(failed.length === 0
      ? []
      : [`  failed: ${failed.map(({ seat }) => seat).join(', ')}; the same command again tries those alone`]),
    `  next: ./lab class list · ./lab test ${seats.find(({ state }) => state !== 'failed')?.lab ?? ''} · ./lab class down ${name}`,
  ].join('\n');
}

export function classTable(classes: readonly ListedClass[]): string {
  if (classes.length === 0) return 'no class is up';
  return classes
    .map(({ name, topology, seats }) =>
      [
        `class ${name}: ${seats.filter(({ state }) => state === 'up').length} of ${counted(seats.length, 'seat')} up, from ${topology}`,
        columns([
          ['SEAT', 'NAME', 'LAB', 'STATE'],
          ...seats.map((seat) => [seat.seat, seat.name, seat.lab, seat.state]),
        ]),
      ].join('\n'),
    )
    .join('\n\n');
}

export function resetLine({ seat, undone, left }: SeatReset): string {
  const did =
    undone === 0 ? 'nothing differed' : `${undone} ${undone === 1 ? 'difference' : 'differences'} undone`;
  return left.length === 0
    ? `${MARK.pass} ${seat}  ${did}`
    : [
        `${MARK.fail} ${seat}  ${did}; not right:`,
        ...left.map((text) => `    ${paint.dim(visibleLine(text))}`),
      ].join('\n');
}
