import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { rowOf, sortRows, type BoardRow, type BoardSort, type SeatFacts } from '../../class/board.ts';
import { findClass, seatLab } from '../../records/class.ts';
import { LabError } from '../../errors.ts';
import { exercisesOf } from '../../records/exercise.ts';
import type { Language } from '../../exercises/types.ts';
import { lastActivity, lastTest } from '../../records/test.ts';
import { inTurns } from '../../host/in-turns.ts';
import { seatState, type SeatState } from './seats.ts';

/** One look at a class. */
export interface BoardFrame {
  class: string;
  topology: string;
  /** ISO 8601. */
  time: string;
  rows: BoardRow<SeatState>[];
}

export interface BoardRequest {
  class: string | undefined;
  sort: BoardSort;
  language: Language;
  /** Seconds from look to look. */
  interval: number;
  /** Looks; undefined: until the signal. */
  count: number | undefined;
  signal: AbortSignal;
}

/**
 * A lab that is asked how it is costs some hundredths of a second of a processor. So all are asked once, and then a few at
 * each look; what is written down is read at each.
 */
const ROUND = 20;

/** Looks at a class again and again; seats that are added or taken away meanwhile come and go. */
export async function* board(request: BoardRequest): AsyncGenerator<BoardFrame> {
  const { name } = findClass(request.class);
  const states = new Map<string, SeatState>();
  let next = 0;
  for (let shown = 0; !request.signal.aborted && shown !== request.count; shown += 1) {
    const due = performance.now() + request.interval * 1000;
    const record = findClass(name);
    const labs = record.seats.map((seat) => seatLab(record, seat));
    const few = Math.ceil(labs.length / ROUND);
    const turn = Array.from({ length: few }, (_, index) => labs[(next + index) % labs.length]);
    next += few;
    const ask = labs.filter((lab) => !states.has(lab) || turn.includes(lab));
    await inTurns(ask, 2 * availableParallelism(), async (lab) => {
      states.set(lab, await seatState(lab));
    });
    const rows = record.seats.map((seat) => {
      const lab = seatLab(record, seat);
      return rowOf(
        {
          ...seat,
          lab,
          state: states.get(lab) ?? 'down',
          ...recordsOf(lab),
        },
        request.language,
      );
    });
    yield {
      ...{ class: name, topology: record.topology, time: new Date().toISOString() },
      rows: sortRows(rows, request.sort),
    };
    if (shown + 1 !== request.count)
      await sleep(Math.max(0, due - performance.now()), undefined, { signal: request.signal }).catch(
        () => undefined,
      );
  }
}

/** What is written down of a seat. One whose records are damaged is not in the way of the others. */
function recordsOf(lab: string): Pick<SeatFacts<SeatState>, 'test' | 'exercises' | 'noted'> {
  try {
    return { test: lastTest(lab), exercises: exercisesOf(lab), noted: lastActivity(lab) };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { test: undefined, exercises: [], noted: undefined };
  }
}
