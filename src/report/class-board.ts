import type { BoardRow } from '../class/board.ts';
import type { BoardFrame } from '../commands/class/board.ts';
import type { Page } from './document.ts';
import type { Line } from '../terminal/screen.ts';
import { columns } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';
import { counted } from '../topology/counted.ts';

const HEAD = ['SEAT', 'NAME', 'STATE', 'TEST', 'EXERCISE', 'HINTS', 'TRIES', 'POINTS', 'ACTIVE', ''];

/** Longer titles are cut on the board, which is wide enough as it is. */
const LONGEST = { name: 20, title: 36 };

function cells(row: BoardRow<string>, now: number): string[] {
  const { exercise } = row;
  return [
    row.seat,
    cut(row.name, LONGEST.name),
    stateWord(row),
    row.test ?? '–',
    exercise === null ? '–' : `${exercise.number} ${exercise.how}`,
    ...[String(row.hints), String(row.tries), String(row.points)],
    row.activity === null ? '–' : age(now - Date.parse(row.activity)),
    exercise === null ? cut(row.failed[0] ?? '', LONGEST.title) : cut(exercise.title, LONGEST.title),
  ];
}

function stateWord({ state, broken }: BoardRow<string>): string {
  return state === 'up' && broken ? 'broken' : state;
}

/** `just now`, `4 min`, `2 h`. */
export function age(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'just now';
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

function cut(text: string, length: number): string {
  const letters = Array.from(text);
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}

/** `class nat: 20 seats, 18 up, 3 of them broken`. */
function summary({ class: name, topology, rows }: BoardFrame): string {
  const up = rows.filter(({ state }) => state === 'up');
  const broken = up.filter((row) => row.broken).length;
  return `class ${name} from ${topology}: ${counted(rows.length, 'seat')}, ${up.length} up, ${broken} of them broken`;
}

/** The board as lines of a screen. */
export function boardLines(frame: BoardFrame): Line[] {
  const now = Date.parse(frame.time);
  const [head = '', ...rows] = columns([HEAD, ...frame.rows.map((row) => cells(row, now))]).split('\n');
  return [
    { text: `${summary(frame)}  ${frame.time.slice(11, 19)} UTC`, paint: paint.bold },
    { text: '' },
    { text: head, paint: paint.dim },
    ...rows.map((text, index) => {
      const row = frame.rows[index];
      const colour = row?.state !== 'up' ? paint.red : row.broken ? paint.yellow : undefined;
      return colour === undefined ? { text } : { text, paint: colour };
    }),
  ];
}

/** The board as a page that needs no other. */
export function boardPage(frame: BoardFrame): Page {
  const now = Date.parse(frame.time);
  return {
    title: `Class ${frame.class}`,
    language: 'en',
    blocks: [
      { kind: 'heading', level: 1, text: `Class ${frame.class}` },
      { kind: 'text', text: `${summary(frame)}, at ${frame.time.slice(0, 19).replace('T', ' ')} UTC` },
      { kind: 'table', head: HEAD, rows: frame.rows.map((row) => cells(row, now)) },
    ],
  };
}
