import type { OutputGroup } from '../class/groups.ts';
import type { Seat } from '../class/roster.ts';
import type { SeatDone } from '../commands/class/work.ts';
import { durationOf, scoreOf, type Exercise } from '../exercises/exercise.ts';
import type { Language } from '../exercises/types.ts';
import { wordsOf } from '../exercises/words.ts';
import type { Page } from './document.ts';
import { visible, visibleLine } from '../terminal/visible.ts';
import { seconds } from '../terminal/progress.ts';
import { MARK } from '../terminal/columns.ts';
import { counted } from '../topology/counted.ts';

/** A line for a seat at which something was done. */
export function doneLine({ seat, outcome, detail, seconds: took }: SeatDone): string {
  return `${MARK[outcome]} ${seat.padEnd(16)}  ${visibleLine(detail)}  ${seconds(took * 1000)}`;
}

/** `18 of 20 seats passed; not s03, s07`. */
export function doneSummary(done: readonly SeatDone[], verb: string): string {
  const others = done.filter(({ outcome }) => outcome !== 'pass').map(({ seat }) => seat);
  const tally = `${done.length - others.length} of ${counted(done.length, 'seat')} ${verb}`;
  return others.length === 0 ? tally : `${tally}; not ${others.join(', ')}`;
}

/** What a command said, and who had it say so: other people's nodes, so it is made visible. */
export function groupsText(groups: readonly OutputGroup[], total: number): string {
  return groups
    .map(({ seats, code, stdout, stderr }) => {
      const who =
        seats.length === total
          ? `all ${counted(total, 'seat')}`
          : `${seats.join(', ')} (${seats.length} of ${total})`;
      const how = code === 0 ? '' : code === undefined ? ': could not be run' : `: exit code ${code}`;
      const text = `${stdout}${stdout === '' || stdout.endsWith('\n') ? '' : '\n'}${stderr}`.trimEnd();
      return `==> ${who}${how} <==${text === '' ? '' : `\n${visible(text)}`}`;
    })
    .join('\n');
}

type Reported = readonly (Seat & { exercises: readonly Exercise[] })[];

const HEAD = {
  en: {
    title: 'Class',
    seat: 'seat',
    name: 'name',
    difficulty: 'difficulty',
    number: 'exercise',
    seconds: 'seconds',
  },
  de: {
    title: 'Klasse',
    seat: 'Platz',
    name: 'Name',
    difficulty: 'Stufe',
    number: 'Übung',
    seconds: 'Sekunden',
  },
} as const;

interface Row {
  cells: string[];
  score: number;
}

/** A row for each exercise; one without for who has none. */
function rowsOf(seats: Reported, language: Language, now: number): Row[] {
  const w = wordsOf(language);
  return seats.flatMap(({ seat, name, exercises }) =>
    exercises.length === 0
      ? [{ cells: [seat, name, '', '', '', '', '', '', '', '0'], score: 0 }]
      : exercises.map((e) => ({
          cells: [
            ...[seat, name, String(e.number), e.ended === undefined ? '' : e.fault.texts[language].title],
            ...[e.fault.difficulty, e.how === undefined ? w.on : e.how === 'fixed' ? w.fixed : w[e.how]],
            ...[
              String(Math.round(durationOf(e, now) / 1000)),
              String(e.hints.length),
              String(e.tries.length),
            ],
            String(scoreOf(e)),
          ],
          score: scoreOf(e),
        })),
  );
}

function headOf(language: Language): string[] {
  const [h, w] = [HEAD[language], wordsOf(language)];
  return [h.seat, h.name, h.number, w.fault, h.difficulty, w.how, h.seconds, w.hints, w.tries, w.points];
}

/** The report of a class, to be kept: each seat's points, and each exercise. */
export function classPage(name: string, seats: Reported, language: Language, now: number): Page {
  const title = `${HEAD[language].title} ${name}`;
  const w = wordsOf(language);
  const totals = seats.map(({ seat, name: who, exercises }) => [
    ...[seat, who, String(exercises.length)],
    String(exercises.filter(({ how }) => how === 'fixed').length),
    String(exercises.reduce((sum, e) => sum + scoreOf(e), 0)),
  ]);
  const h = HEAD[language];
  return {
    ...{ title, language },
    blocks: [
      { kind: 'heading', level: 1, text: title },
      { kind: 'table', head: [h.seat, h.name, h.number, w.fixed, w.points], rows: totals },
      { kind: 'heading', level: 2, text: w.exercise },
      { kind: 'table', head: headOf(language), rows: rowsOf(seats, language, now).map(({ cells }) => cells) },
    ],
  };
}

/** The same as CSV (RFC 4180), a row for each exercise. */
export function classCsv(seats: Reported, language: Language, now: number): string {
  const rows = [headOf(language), ...rowsOf(seats, language, now).map(({ cells }) => cells)];
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** A cell that a spreadsheet would take for a formula is made text. */
function csvCell(text: string): string {
  const seen = visible(text);
  const safe = /^[=+\-@\t]/.test(seen) ? `'${seen}` : seen;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
