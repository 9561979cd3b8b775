import type { Written } from './power.ts';

/** How a node's clock stands to this process's. */
export interface NodeClock {
  /** Milliseconds by which the node's is ahead. */
  ahead: number;
  /** Of its programs' times, as `+0200`. */
  zone: string;
}

/** What a node is asked for its clock. */
export const ASK_CLOCK = "date '+%s.%N %z'";

/**
 * Reads a node's answer to ASK_CLOCK. One that lies between question and answer shows the same clock.
 * @param asked milliseconds since 1970
 * @param heard the same, of the answer
 */
export function readClock(answer: string, asked: number, heard: number): NodeClock {
  const [, seconds, zone = '+0000'] = /^(\d+\.\d+) ([+-]\d{4})/.exec(answer) ?? [];
  if (seconds === undefined) return { ahead: 0, zone };
  const said = Number(seconds) * 1000;
  return { ahead: said >= asked && said <= heard ? 0 : Math.round(said - (asked + heard) / 2), zone };
}

/** keepalived's `Sat Nov 28 08:41:38.793288881 2026: `, ldirectord's `[Sat Nov 28 08:41:38 2026|ldirectord.cf|11] `. */
const STAMP = /^\[?\w{3} (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(\.\d+)? (\d{4})[:|]/;
/** Milliseconds that a line takes from its program to here at most. One that says more has a clock of its own. */
const LATEST = 5000;
/** Milliseconds from look to look at a log. */
const PAUSE = 100;

/**
 * When a line of a daemon's log was written, as exactly as is known: by its own stamp, which may have whole seconds only,
 * and else a moment before it was read.
 * @param read milliseconds since 1970
 */
export function writtenAt(line: string, read: number, { ahead, zone }: NodeClock): Written {
  const [, month, day, time, fraction, year] = STAMP.exec(line) ?? [];
  const second = Date.parse(`${day ?? ''} ${month ?? ''} ${year ?? ''} ${time ?? ''} ${zone}`) - ahead;
  const from = second + Math.floor(Number(fraction ?? 0) * 1000);
  if (Number.isNaN(from) || from > read + PAUSE || from < read - LATEST)
    return { from: read - PAUSE, until: read };
  const until = fraction === undefined ? second + 999 : from;
  return { from: Math.min(from, read), until: Math.min(until, read) };
}
