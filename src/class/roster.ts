import * as z from 'zod/mini';
import { TopologyError, type Problem } from '../errors.ts';

export const seatSchema = z.object({
  /** Part of its lab's name and of paths: lower-case letters, digits and dashes. */
  seat: z.string().check(z.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)),
  /** As the trainer wrote it. */
  name: z.string(),
});
/** A student's place in a class. */
export type Seat = z.infer<typeof seatSchema>;

/** More than any machine has room for; a figure above it is a typing error. */
export const MOST_SEATS = 500;
/** A lab's name has at most 32 characters, and the class's own and a dash are part of it. */
const LONGEST_SEAT = 20;

/** Letters that do not come apart into a plain one and its mark. */
const PLAIN: Record<string, string> = { ß: 'ss', æ: 'ae', ø: 'o', œ: 'oe', ł: 'l', đ: 'd', þ: 'th', ð: 'd' };

/** The seat that a name makes: `Jörg Müller` sits at `jorg-muller`; empty where nothing of the name is left. */
export function seatOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[ßæøœłđþð]/g, (letter) => PLAIN[letter] ?? '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, LONGEST_SEAT)
    .replace(/-+$/, '');
}

/** Seats without names: `s01`, `s02` … */
export function numberedSeats(count: number): Seat[] {
  return Array.from({ length: count }, (_, index) => {
    const seat = `s${String(index + 1).padStart(2, '0')}`;
    return { seat, name: seat };
  });
}

interface Cell {
  text: string;
  /** Counts from 1. */
  column: number;
}

/**
 * Reads a roster: names one a line, or CSV whose first line is a header with a column `name` (or `first` and `last`).
 * Blank lines and lines that begin with # are skipped.
 * @param file its name, for the problems
 * @throws TopologyError with every problem and its place
 */
export function parseRoster(text: string, file: string): Seat[] {
  const problems: Problem[] = [];
  const add = (line: number, column: number, message: string, fix: string) => {
    problems.push({ line, column, message, fix });
  };
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, index) => ({ content, line: index + 1 }))
    .filter(({ content }) => content.trim() !== '' && !content.startsWith('#'));
  const separator = [',', ';', '\t'].find((s) => lines[0]?.content.includes(s) === true);
  let nameIn = (cells: Cell[]): Cell => cells[0] ?? { text: '', column: 1 };
  if (separator !== undefined) {
    const header = lines.shift();
    const titles = cellsOf(header?.content ?? '', separator).map((cell) => cell.text.toLowerCase());
    const columns = columnsOf(titles);
    if (columns.length === 0)
      add(
        header?.line ?? 1,
        1,
        `no column of this header says who it is: ${titles.join(', ')}`,
        'call a column name, or two first and last; without a header write one name a line, with no comma in it',
      );
    nameIn = (cells) => {
      const parts = columns.flatMap((index) => cells[index] ?? []);
      return {
        text: parts
          .map((cell) => cell.text)
          .join(' ')
          .trim(),
        column: parts[0]?.column ?? 1,
      };
    };
    if (columns.length === 0) lines.length = 0;
  }
  const seats: (Seat & { line: number })[] = [];
  for (const { content, line } of lines) {
    const { text: name, column } = nameIn(
      separator === undefined ? plainCell(content) : cellsOf(content, separator),
    );
    const seat = seatOf(name);
    const same = seats.find((other) => other.seat === seat);
    if (name === '') add(line, column, 'this row has no name', 'write one, or take the row out');
    else if (seat === '')
      add(
        line,
        column,
        `"${name}" has no letter or digit that a lab's name may have`,
        'write it in Latin letters',
      );
    else if (same?.name === name)
      add(
        line,
        column,
        `"${name}" stands in line ${same.line} already`,
        'take one of them out, or tell them apart',
      );
    else if (same !== undefined)
      add(
        line,
        column,
        `"${name}" and "${same.name}" of line ${same.line} would both sit at ${seat}`,
        'write one of them differently',
      );
    else seats.push({ seat, name, line });
  }
  if (seats.length === 0 && problems.length === 0)
    add(1, 1, 'there is nobody on this roster', 'write names, one a line');
  if (seats.length > MOST_SEATS)
    add(1, 1, `${seats.length} names are too many`, `a class has at most ${MOST_SEATS}`);
  if (problems.length > 0) throw new TopologyError(file, problems);
  return seats.map(({ seat, name }) => ({ seat, name }));
}

function columnsOf(titles: string[]): number[] {
  const at = (...names: string[]) => titles.findIndex((title) => names.includes(title));
  const name = at('name', 'student', 'full name');
  if (name >= 0) return [name];
  return [at('first', 'first name', 'firstname'), at('last', 'last name', 'lastname', 'surname')].filter(
    (index) => index >= 0,
  );
}

function plainCell(content: string): Cell[] {
  return [{ text: content.trim(), column: content.length - content.trimStart().length + 1 }];
}

/** Fields of a line of CSV; one in double quotes may hold the separator, and "" for a quote. */
function cellsOf(content: string, separator: string): Cell[] {
  const cells: Cell[] = [];
  let at = 0;
  while (at <= content.length) {
    const blank = /^ */.exec(content.slice(at))?.[0].length ?? 0;
    const column = at + blank + 1;
    const quoted = /^"((?:[^"]|"")*)"[^"]*?(?=[,;\t]|$)/.exec(content.slice(at + blank));
    const end = content.indexOf(separator, quoted === null ? at : at + blank + quoted[0].length);
    const stop = end < 0 ? content.length : end;
    cells.push({
      text: quoted === null ? content.slice(at, stop).trim() : (quoted[1] ?? '').replaceAll('""', '"').trim(),
      column,
    });
    at = stop + 1;
  }
  return cells;
}
