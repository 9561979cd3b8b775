import type { Problem } from '../../errors.ts';
import type { Position } from './positions.ts';

/** More than anyone reads; a file that is no topology at all can have a problem on every line. */
const MOST_PROBLEMS = 100;

/** Collects what is wrong with one file. */
export class Problems {
  readonly #found = new Map<string, Problem>();

  /** Adds a problem; the same one at the same place (an alias repeats its anchor's) counts once. */
  add(at: Position, message: string, fix?: string): void {
    const key = `${at.line}:${at.column}:${message}`;
    if (this.#found.has(key)) return;
    this.#found.set(key, {
      line: at.line,
      column: at.column,
      message: printable(message),
      fix: fix === undefined ? undefined : printable(fix),
    });
  }

  get none(): boolean {
    return this.count === 0;
  }

  get count(): number {
    return this.#found.size;
  }

  /** Every problem in file order; of very many the first, and how many more there are. */
  list(): Problem[] {
    const sorted = [...this.#found.values()].sort((a, b) => a.line - b.line || a.column - b.column);
    const rest = sorted[MOST_PROBLEMS];
    if (rest === undefined) return sorted;
    const more = `and ${sorted.length - MOST_PROBLEMS} more problems from here on`;
    return [...sorted.slice(0, MOST_PROBLEMS), { ...rest, message: more, fix: undefined }];
  }
}

const LONGEST_TEXT = 500;

/** What a file says goes to a terminal: on one line, without control characters, and not without end. */
function printable(text: string): string {
  const clipped = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return clipped.replace(/\p{Cc}/gu, '\u{FFFD}');
}

const LONGEST_SHOWN = 60;

/** A value of the file as messages show it: text in quotes, numbers bare, on one line and not too long. */
export function show(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value);
}

const MOST_LISTED = 20;

/** Choices for a fix: `one of: nat, tun, dr`. */
export function oneOf(choices: readonly string[]): string {
  const listed = choices.slice(0, MOST_LISTED).join(', ');
  return `one of: ${listed}${choices.length > MOST_LISTED ? ` and ${choices.length - MOST_LISTED} more` : ''}`;
}

/** Where the other of two things in conflict is. */
export function onLine(at: Position): string {
  return `line ${at.line}`;
}
