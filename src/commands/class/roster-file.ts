import { numberedSeats, parseRoster, type Seat } from '../../class/roster.ts';
import { EXIT, LabError } from '../../errors.ts';
import { cannotRead, readInput } from '../../files/input-file.ts';

/**
 * The seats that a trainer asks for: numbered ones, or those of a roster.
 * @throws LabError badInput with every problem of the roster
 */
export function wantedSeats(students: number | undefined, roster: string | undefined): Seat[] {
  if (students !== undefined && roster !== undefined)
    throw new LabError(EXIT.badInput, 'both --students and --roster say who is in the class', {
      fix: 'leave one of them out',
    });
  if (roster !== undefined) return parseRoster(read(roster), roster);
  return students === undefined ? [] : numberedSeats(students);
}

const FIX = 'a roster is text in UTF-8: names one a line, or CSV with a header';

function read(file: string): string {
  const bytes = readInput(file, 'a roster', FIX);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw cannotRead(file, error, FIX);
  }
}
