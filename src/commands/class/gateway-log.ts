import { copyFileSync, statSync, truncateSync } from 'node:fs';

/** Bytes of the log, after which it begins anew; what was before is kept beside it until then comes again. */
const MOST_BYTES = 1024 * 1024;
/** Lines of one seat within a minute about those who have not logged in. */
const MOST_LINES = 60;
const MINUTE = 60_000;
/** Characters of a line. */
const LONGEST = 300;

/** Characters that are kept of a line that is not yet whole. */
const LONGEST_READ = 4096;

/** What a seat's gateway says. */
export interface SeatLog {
  /** What must be found again: who has logged in. */
  note: (text: string) => void;
  /** What anybody can cause who knows the port: so many lines in a minute, and of more how many. */
  noise: (text: string) => void;
}

/**
 * The log of a gateway, which nobody outside can make longer than so much.
 * @param file that `say` appends to
 * @param say takes a line
 * @param now milliseconds since 1970
 */
export function gatewayLogger(
  file: string,
  say: (line: string) => void,
  now: () => number = Date.now,
  most = MOST_BYTES,
): (seat: string) => SeatLog {
  const write = (seat: string, text: string) => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > most) {
      copyFileSync(file, `${file}.1`);
      truncateSync(file);
    }
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    const plain = text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '?').slice(0, LONGEST);
    say(`${new Date(now()).toISOString()} ${seat}: ${plain}`);
  };
  return (seat) => {
    let began = -Infinity;
    let lines = 0;
    const tellLeftOut = () => {
      if (lines > MOST_LINES) write(seat, `${lines - MOST_LINES} more lines like these in that minute`);
    };
    return {
      note: (text) => {
        write(seat, text);
      },
      noise: (text) => {
        if (now() - began >= MINUTE) {
          tellLeftOut();
          began = now();
          lines = 0;
        }
        lines += 1;
        if (lines <= MOST_LINES) write(seat, text);
        else if (lines === MOST_LINES + 1) write(seat, 'more of this is only counted for a minute');
      },
    };
  };
}

/** Calls for each line that is not empty; one without an end is cut. */
export function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_READ);
    for (const line of lines) if (line.trim() !== '') onLine(line.trim());
  });
}
