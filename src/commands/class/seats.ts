import { availableParallelism } from 'node:os';
import { numberedSeats, parseRoster, type Seat } from '../../class/roster.ts';
import {
  classExists,
  classNames,
  findClass,
  findSeats,
  holdClass,
  lookUpClass,
  readClass,
  removeClass,
  seatLab,
  writeClass,
  type ClassRecord,
} from '../../records/class.ts';
import { closeGateway } from '../../records/class-gateway.ts';
import { EXIT, LabError } from '../../errors.ts';
import { forfeit } from '../../records/exercise.ts';
import { labExists, lookUp } from '../../records/lab.ts';
import { seconds, type Progress } from '../../terminal/progress.ts';
import { endLab } from '../down.ts';
import { findLab, healthOf, type LabHealth } from '../../lifecycle/existing.ts';
import { inTurns } from '../../host/in-turns.ts';
import { reset } from '../reset.ts';
import { counted } from '../../topology/counted.ts';

/** `down`: it has no lab now. */
export type SeatState = LabHealth | 'down';

export interface ListedClass {
  name: string;
  topology: string;
  created: string;
  seats: (Seat & { lab: string; state: SeatState })[];
}

/** Every class, and how each of its seats is. */
export async function listClasses(): Promise<ListedClass[]> {
  return Promise.all(
    classNames()
      .flatMap((name) => {
        const found = lookUpClass(name);
        return found !== undefined && 'record' in found ? [found.record] : [];
      })
      .map(async (record) => ({
        ...{ name: record.name, topology: record.topology, created: record.created },
        seats: await Promise.all(
          record.seats.map(async (seat) => {
            const lab = seatLab(record, seat);
            return { ...seat, lab, state: await seatState(lab) };
          }),
        ),
      })),
  );
}

/** What has become of a seat's lab. */
export async function seatState(lab: string): Promise<SeatState> {
  const found = lookUp(lab);
  if (found === undefined) return labExists(lab) ? 'incomplete' : 'down';
  return 'record' in found ? healthOf(found.record) : 'unreadable';
}

/** The seats of names that are added by hand: refused as on a roster. @throws TopologyError */
export function addedSeats(record: ClassRecord, names: readonly string[]): Seat[] {
  if (names.length === 0) return [{ ...nextNumber(record) }];
  const seats = parseRoster(
    names.map((name) => name.replaceAll(/[\r\n,;\t]+/g, ' ')).join('\n'),
    'class add',
  );
  const taken = seats.filter((s) => record.seats.some(({ seat }) => seat === s.seat));
  if (taken.length > 0)
    throw new LabError(
      EXIT.badInput,
      `class ${record.name} has ${taken.map((s) => s.seat).join(', ')} already`,
      {
        fix: 'write the name differently',
      },
    );
  return seats;
}

function nextNumber(record: ClassRecord): Seat {
  const free = numberedSeats(record.seats.length + 1).find(
    (s) => !record.seats.some(({ seat }) => seat === s.seat),
  );
  return free ?? { seat: 's00', name: 's00' };
}

/**
 * Takes seats away, their labs with them.
 * @returns the labs that are no more
 */
export async function removeSeats(
  name: string,
  wanted: readonly string[],
  progress: Progress,
): Promise<string[]> {
  const lock = await holdClass(name);
  try {
    const record = findClass(name);
    const seats = findSeats(record, wanted);
    const ended = await endSeats(record, seats, progress);
    writeClass({ ...record, seats: record.seats.filter((seat) => !seats.includes(seat)) });
    return ended;
  } finally {
    if ((readClass(name)?.seats.length ?? 0) === 0) {
      await closeGateway(name);
      removeClass(name);
    }
    await lock.release();
  }
}

/**
 * Takes a class down and leaves nothing of it, however far its `up` came.
 * @returns the labs that are no more; a class that is not up is down already
 */
export async function classDown(name: string, progress: Progress): Promise<string[]> {
  if (!classExists(name)) {
    progress.note(`class ${name} is not up`);
    return [];
  }
  const lock = await holdClass(name, () => {
    progress.note(`another command is working on class ${name}; waiting for it`);
  });
  try {
    await closeGateway(name);
    const found = lookUpClass(name);
    if (found !== undefined && 'unreadable' in found)
      progress.warn(`${found.unreadable.message}; labs of its seats that are still up: lab list`);
    const ended =
      found !== undefined && 'record' in found
        ? await endSeats(found.record, found.record.seats, progress)
        : [];
    removeClass(name);
    return ended;
  } finally {
    await lock.release();
  }
}

async function endSeats(record: ClassRecord, seats: readonly Seat[], progress: Progress): Promise<string[]> {
  const labs = seats.map((seat) => seatLab(record, seat)).filter(labExists);
  const task = progress.start(record.name, 'taking down');
  const began = performance.now();
  const ended: string[] = [];
  try {
    await inTurns(labs, 2 * availableParallelism(), async (lab) => {
      await endLab(lab, false, () => undefined);
      ended.push(lab);
      task.update(`${ended.length} of ${counted(labs.length, 'seat')} down`);
    });
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`${counted(ended.length, 'seat')} down  ${seconds(performance.now() - began)}`);
  return ended.sort();
}

export interface SeatReset extends Seat {
  lab: string;
  /** Differences from the plan that were undone. */
  undone: number;
  /** What is still not right; empty where all is. */
  left: string[];
}

/** Puts labs of seats back to what the plan says; an exercise that is on is given up. */
export async function resetSeats(
  record: ClassRecord,
  seats: readonly Seat[],
  onResult: (result: SeatReset) => void,
): Promise<SeatReset[]> {
  const results: SeatReset[] = [];
  await inTurns(seats, availableParallelism(), async (seat) => {
    const lab = seatLab(record, seat);
    const result: SeatReset = { ...seat, lab, undone: 0, left: [] };
    try {
      const found = await findLab(lab);
      await forfeit(lab);
      const report = await reset(found, undefined, false);
      result.undone = report.differences.length;
      result.left = [
        ...report.left.map(({ node, kind, name, state }) => `${node}: ${kind} ${name} is ${state}`),
        ...report.dead.map((node) => `${node} is dead`),
        ...report.unread.map(({ node, why }) => `${node}: ${why}`),
      ];
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      result.left = [error.message];
    }
    results.push(result);
    onResult(result);
  });
  return results;
}
