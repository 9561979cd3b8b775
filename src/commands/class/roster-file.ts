import { readFileSync, statSync } from 'node:fs';
import { numberedSeats, parseRoster, type Seat } from '../../class/roster.ts';
import { EXIT, LabError } from '../../errors.ts';
import { LARGEST_FILE } from '../../topology/text.ts';

/**
 * The seats that a trainer asks for: numbered ones, or those of a roster.
 * @throws LabError badInput with every problem of the roster
 */
export function wantedSeats(students: number | undefined, roster: string | undefined): Seat[] {
  if (students !== undefined && roster !== undefined)
    throw new LabError(EXIT.badInput, 'both --students and --roster say who is in the class', {
      mend: 'leave one of them out',
    });
  if (roster !== undefined) return parseRoster(read(roster), roster);
  return students === undefined ? [] : numberedSeats(students);
}

function read(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE)
      throw new Error(`it has ${size} bytes, and a roster has at most ${LARGEST_FILE}`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw new LabError(EXIT.badInput, `cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
      mend: 'a roster is text in UTF-8: names one a line, or CSV with a header',
    });
  }
}
