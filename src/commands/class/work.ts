import { availableParallelism } from 'node:os';
import type { SeatOutput } from '../../class/groups.ts';
import type { Seat } from '../../class/roster.ts';
import { seatLab, type ClassRecord } from '../../records/class.ts';
import { LabError } from '../../errors.ts';
import { exercisesOf } from '../../records/exercise.ts';
import type { Exercise } from '../../exercises/exercise.ts';
import type { Difficulty, Language } from '../../exercises/types.ts';
import type { Outcome } from '../../proof/check.ts';
import { keepTest } from '../../records/test.ts';
import { startExercise } from '../break.ts';
import { checkExercise } from '../exercise.ts';
import { readFault } from '../../files/exercise-file.ts';
import { findLab, type RunningLab } from '../../lifecycle/existing.ts';
import { inTurns } from '../../host/in-turns.ts';
import { test } from '../test.ts';
import { counted } from '../../topology/counted.ts';

/** What something that was done at one seat came to. */
export interface SeatDone extends Seat {
  lab: string;
  /** `unknown`: it could not be done, or measured. */
  outcome: Outcome;
  /** One line: what is not right, or what was begun. */
  detail: string;
  seconds: number;
}

type Work = (lab: RunningLab) => Promise<{ outcome: Outcome; detail: string }>;

/**
 * Does something at each seat, as many at once as there are processors. What fails at one does not stop the others.
 * @param onDone called as each is done
 * @returns in the order of the seats
 */
async function atSeats(
  record: ClassRecord,
  seats: readonly Seat[],
  onDone: (done: SeatDone) => void,
  work: Work,
): Promise<SeatDone[]> {
  const results: SeatDone[] = [];
  await inTurns(seats, availableParallelism(), async (seat) => {
    const began = performance.now();
    const lab = seatLab(record, seat);
    const result = await orWhy(async () => work(await findLab(lab)));
    const done = { ...seat, lab, ...result, seconds: Math.round(performance.now() - began) / 1000 };
    results.push(done);
    onDone(done);
  });
  const order = seats.map(({ seat }) => seat);
  return results.sort((a, b) => order.indexOf(a.seat) - order.indexOf(b.seat));
}

async function orWhy(run: () => ReturnType<Work>): ReturnType<Work> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { outcome: 'unknown', detail: error.message.split('\n')[0] ?? '' };
  }
}

/** Tests labs of seats. Nobody's exercise is the poorer for it: it is the trainer who asks. */
export function testSeats(
  record: ClassRecord,
  seats: readonly Seat[],
  onDone: (done: SeatDone) => void,
): Promise<SeatDone[]> {
  return atSeats(record, seats, onDone, async (lab) => {
    const checks = await test(lab);
    const { outcome, failed } = keepTest(lab.record.name, checks);
    return { outcome, detail: outcome === 'pass' ? counted(checks.length, 'check') : failed.join(', ') };
  });
}

/** Checks the exercises of seats; a check in vain is no try of the student's. */
export function checkSeats(
  record: ClassRecord,
  seats: readonly Seat[],
  onDone: (done: SeatDone) => void,
): Promise<SeatDone[]> {
  return atSeats(record, seats, onDone, async (lab) => {
    const { fixed, findings, rows, exercise, score } = await checkExercise(lab, undefined, {
      counts: false,
    });
    const right = rows.filter(({ outcome }) => outcome === 'pass').length;
    const outcome = fixed ? 'pass' : findings.some((f) => f.outcome === 'fail') ? 'fail' : 'unknown';
    const how = exercise.ended === undefined ? '' : `, ${score} points`;
    return { outcome, detail: `exercise ${exercise.number}: ${right} of ${rows.length} right${how}` };
  });
}

export interface ClassBreak {
  /** A fault by its name, or an exercise file; undefined: by lot. */
  fault: string | undefined;
  difficulty: Difficulty | undefined;
  /** Of the first seat. */
  seed: number;
  /** Every seat draws a lot of its own. */
  each: boolean;
  language: Language;
}

/** Begins an exercise at each seat. */
export function breakSeats(
  record: ClassRecord,
  seats: readonly Seat[],
  { fault, difficulty, seed, each, language }: ClassBreak,
  onDone: (done: SeatDone) => void,
): Promise<SeatDone[]> {
  return atSeats(record, seats, onDone, async (lab) => {
    const place = seats.findIndex((seat) => seatLab(record, seat) === lab.record.name);
    const exercise = await startExercise(lab, {
      fault: fault === undefined ? undefined : readFault(fault, lab.record.plan),
      ...{ difficulty, language, seed: each ? seed + place : seed },
    });
    const title = exercise.fault.texts[language].title;
    return { outcome: 'pass', detail: `exercise ${exercise.number}: ${title}` };
  });
}

/** Seconds that a command may take at a seat. */
const EXEC_LIMIT = 60;

/** Runs a command on the same node of each seat. */
export async function execAtSeats(
  record: ClassRecord,
  seats: readonly Seat[],
  node: string,
  argv: readonly string[],
): Promise<SeatOutput[]> {
  const outputs = new Map<string, SeatOutput>();
  await inTurns(seats, 2 * availableParallelism(), async ({ seat }) => {
    outputs.set(seat, { seat, ...(await execAt(seatLab(record, { seat }), node, argv)) });
  });
  return seats.flatMap(({ seat }) => outputs.get(seat) ?? []);
}

async function execAt(lab: string, node: string, argv: readonly string[]): Promise<Omit<SeatOutput, 'seat'>> {
  try {
    const { record, runtime } = await findLab(lab);
    if (!record.plan.nodes.some(({ name }) => name === node))
      return {
        ...{ code: undefined, stdout: '' },
        stderr: `there is no node ${node}; its nodes: ${record.plan.nodes.map(({ name }) => name).join(', ')}`,
      };
    const [result] = await runtime.exec([
      { node, argv: ['timeout', '-k', '2', String(EXEC_LIMIT), ...argv] },
    ]);
    return {
      code: result?.code,
      stdout: result?.stdout.toString() ?? '',
      stderr: result?.stderr ?? '',
    };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { code: undefined, stdout: '', stderr: error.message.replaceAll(lab, 'LAB') };
  }
}

/** What was done in the exercises of each seat; `unreadable` says why nothing can be told of one. */
export function reportSeats(
  record: ClassRecord,
  seats: readonly Seat[],
): (Seat & { exercises: Exercise[]; unreadable?: string })[] {
  return seats.map((seat) => {
    try {
      return { ...seat, exercises: exercisesOf(seatLab(record, seat)) };
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return { ...seat, exercises: [], unreadable: error.message };
    }
  });
}
