import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { needsOf, needsText, type Measured, type Needs } from '../../class/needs.ts';
import type { Seat } from '../../class/roster.ts';
import {
  holdClass,
  readClass,
  removeClass,
  seatLab,
  writeClass,
  type ClassRecord,
} from '../../records/class.ts';
import { EXIT, LabError } from '../../errors.ts';
import { interruptSignal } from '../../host/interrupt.ts';
import { labExists } from '../../records/lab.ts';
import type { KernelKind } from '../../machine/embedded/kernel-kinds.ts';
import type { Plan } from '../../plan/types.ts';
import { createProgress, type Progress } from '../../terminal/progress.ts';
import { choosePlace } from '../../place/choose.ts';
import { endLab } from '../down.ts';
import { inTurns } from '../../host/in-turns.ts';
import { guestMemory, prepareMachine } from '../../lifecycle/make-machine.ts';
import { readPlan, shippedTopologies } from '../../files/topology-file.ts';
import { up } from '../up.ts';
import { joined } from './joined.ts';
import { memoryInUse } from './memory-in-use.ts';
import { counted } from '../../topology/counted.ts';

export interface ClassUpRequest {
  topology: string;
  /** Undefined: as the topology is called. */
  name: string | undefined;
  /** Empty: those that the class has. */
  seats: Seat[];
  /** Starts at once; undefined: as many as this machine can take. */
  jobs: number | undefined;
  /** Undefined: that of the class, or as for any lab. */
  kernel?: KernelKind | undefined;
}

export interface SeatResult extends Seat {
  lab: string;
  state: 'up' | 'already' | 'failed';
  seconds: number;
  message?: string;
  fix?: string;
}

export interface ClassUpResult {
  class: string;
  seats: SeatResult[];
  measured: Measured | undefined;
  needs: Needs | undefined;
  seconds: number;
}

/**
 * Brings a class up: a lab on a machine of its own for each seat. One that fails does not stop the others; the same
 * command again brings up what is missing.
 * @throws LabError badInput, with nothing made; machineCannot where memory is too little, what was made being gone again
 */
export async function classUp(asked: ClassUpRequest, progress: Progress): Promise<ClassUpResult> {
  const began = performance.now();
  // Seats may be added from another folder.
  const shipped = shippedTopologies().includes(asked.topology) && !existsSync(asked.topology);
  const request = { ...asked, topology: shipped ? asked.topology : resolve(asked.topology) };
  const name = request.name ?? readPlan(request.topology).name;
  // Every name is looked at before anything is made.
  readPlan(request.topology, name);
  for (const seat of request.seats) readPlan(request.topology, seatLab({ name }, seat));
  const lock = await holdClass(name, () => {
    progress.note(`another command is working on class ${name}; waiting for it`);
  });
  const before = readClass(name);
  try {
    const record = joined(before, request, name);
    const plans = new Map(
      record.seats.map((seat) => [seat.seat, readPlan(request.topology, seatLab(record, seat))]),
    );
    const [model] = plans.values();
    if (model !== undefined)
      await prepareMachine(
        await choosePlace(
          { ...request, plan: model },
          { machine: 'embedded', kernel: record.kernel },
          progress,
        ),
        progress,
      );
    writeClass(record);
    return {
      ...(await bringUp(record, before, plans, request, progress)),
      seconds: Math.round(performance.now() - began) / 1000,
    };
  } finally {
    if (readClass(name) === undefined) removeClass(name);
    await lock.release();
  }
}

async function bringUp(
  record: ClassRecord,
  before: ClassRecord | undefined,
  plans: Map<string, Plan>,
  { jobs, topology }: ClassUpRequest,
  progress: Progress,
): Promise<Omit<ClassUpResult, 'seconds'>> {
  const results: SeatResult[] = [];
  const task = progress.start(record.name, counted(record.seats.length, 'seat'));
  // What would be said for each is said for the first alone.
  const quiet: Progress = { ...createProgress(process.stderr, { quiet: true }), warn: () => undefined };
  const bring = async (seat: Seat): Promise<SeatResult> => {
    const result = await bringSeat(record, seat, plans.get(seat.seat), topology, quiet);
    results.push(result);
    if (result.state === 'failed')
      progress.print(
        `✘ ${result.lab}: ${result.message ?? ''}${result.fix === undefined ? '' : `\n  ${result.fix}`}`,
      );
    task.update(`${results.length} of ${counted(record.seats.length, 'seat')}`);
    return result;
  };
  const waiting = [...record.seats];
  let { measured } = record;
  try {
    while (measured === undefined && waiting.length > 0) {
      const seat = waiting.shift();
      const first = seat === undefined ? undefined : await bring(seat);
      if (first?.state !== 'up') continue;
      measured = { seconds: first.seconds, memory: await memoryInUse(first.lab) };
      writeClass({ ...record, measured });
    }
    const missing = waiting.filter((seat) => !labExists(seatLab(record, seat)));
    const needs = measured && needed(missing.length, measured, plans);
    if (needs !== undefined && measured !== undefined && needs.seats > 0) {
      if (needs.fit < needs.seats) {
        await undo(record, before, results);
        throw tooMuch(record, needs, measured, record.seats.length - needs.seats);
      }
      progress.print(`  ${needsText(needs, measured)}`);
      if (needs.most > needs.available)
        progress.warn(
          `were every seat to use all that its kernel may, they would need ${needs.most} MB, and ${needs.available} are free`,
        );
    }
    await inTurns(waiting, jobs ?? startsAtOnce(waiting.length), async (seat) => {
      await bring(seat);
    });
    const order = record.seats.map(({ seat }) => seat);
    results.sort((a, b) => order.indexOf(a.seat) - order.indexOf(b.seat));
    const failed = results.filter(({ state }) => state === 'failed').length;
    const fresh = results.filter(({ state }) => state === 'up').length;
    task.done(
      `${results.length - failed} of ${counted(results.length, 'seat')} up${fresh === 0 ? ' already' : `, ${fresh} of them now`}${failed === 0 ? '' : `, ${failed} failed`}`,
    );
    return { class: record.name, seats: results, measured, needs };
  } catch (error) {
    task.fail();
    throw error;
  }
}

async function bringSeat(
  record: ClassRecord,
  seat: Seat,
  plan: Plan | undefined,
  topology: string,
  quiet: Progress,
): Promise<SeatResult> {
  const began = performance.now();
  const lab = seatLab(record, seat);
  const result = (state: SeatResult['state']): SeatResult => ({
    ...{ ...seat, lab, state },
    seconds: Math.round(performance.now() - began) / 1000,
  });
  try {
    if (plan === undefined) throw new Error(`no plan for ${lab}`);
    const planAround = (taken: string[]) => readPlan(topology, lab, taken);
    // Of a class whose topology does not answer nothing is learnt from many that stay up: `lab up` keeps one.
    const made = await up(
      {
        topology,
        plan,
        planAround,
        machine: 'embedded',
        kernel: record.kernel,
        reconfigure: false,
        strict: true,
      },
      quiet,
    );
    return result(made.already ? 'already' : 'up');
  } catch (error) {
    interruptSignal.throwIfAborted();
    if (!(error instanceof LabError)) throw error;
    const { message, fix } = error;
    return { ...result('failed'), message, ...(fix === undefined ? {} : { fix }) };
  }
}

function needed(seats: number, measured: Measured, plans: Map<string, Plan>): Needs {
  const ceiling = Math.max(...[...plans.values()].map(guestMemory));
  return needsOf(seats, measured, {
    available: process.availableMemory() / 1024 / 1024,
    ceiling,
    processors: availableParallelism(),
  });
}

/** A start waits for its kernel now and then: a second one on the same processor fills the gaps. */
function startsAtOnce(seats: number): number {
  return Math.max(1, Math.min(2 * availableParallelism(), seats));
}

/** Takes away what this command has made, where it cannot come to its end. */
async function undo(
  record: ClassRecord,
  before: ClassRecord | undefined,
  results: SeatResult[],
): Promise<void> {
  for (const { lab, state } of results) if (state === 'up') await endLab(lab, false, () => undefined);
  if (before === undefined) removeClass(record.name);
  else writeClass(before);
}

function tooMuch({ name }: ClassRecord, needs: Needs, measured: Measured, there: number): LabError {
  return new LabError(EXIT.machineCannot, `class ${name} does not fit: ${needsText(needs, measured)}`, {
    fix: `this machine has room for ${there + needs.fit} seats`,
  });
}
