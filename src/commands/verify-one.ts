import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal, interrupted } from '../interrupt.ts';
import { readRecord } from '../lab.ts';
import type { Plan } from '../plan/types.ts';
import { overall, type Check } from '../proof/check.ts';
import type { Progress } from '../report/progress.ts';
import type { VerifyError, VerifyResult } from '../report/verify/report.ts';
import type { Captured } from '../traffic/capture.ts';
import { runtimeOf } from '../wire.ts';
import type { Wanted } from './choose.ts';
import { down } from './down.ts';
import { collectEvidence } from './evidence.ts';
import { findLab, type RunningLab } from './existing.ts';
import { keepCaptures } from './keep-captures.ts';
import { test } from './test.ts';
import { readPlan } from './topology-file.ts';
import { up } from './up.ts';

/** One topology to verify. */
export interface VerifyJob extends Wanted {
  topology: string;
  /** Its file. */
  file: string;
  /** Its name is the lab's own, which nobody else's lab has. */
  plan: Plan;
  round: number;
  /** Folder for the evidence of what does not pass; made when there is some. */
  evidence: string;
  /** Leave a lab up that does not pass. */
  keep: boolean;
}

/**
 * Brings one lab up, tests it and takes it down. What goes wrong is part of the result, but for an interruption: then
 * the lab is taken down, and the interruption thrown on.
 * @param stage called with what is being done now
 */
export async function verifyOne(
  job: VerifyJob,
  quiet: Progress,
  stage: (text: string) => void,
): Promise<VerifyResult> {
  const { topology, file, plan, round, keep } = job;
  const result: VerifyResult = {
    ...{ topology, file, lab: plan.name, round, outcome: 'error', machine: undefined, runtime: undefined },
    started: new Date().toISOString(),
    ...{
      seconds: { up: 0, test: 0, down: 0 },
      checks: [],
      error: undefined,
      evidence: undefined,
      kept: false,
    },
  };
  let captures: Captured[] = [];
  const testIt = async (lab: RunningLab): Promise<void> => {
    result.checks = await test(lab, (captured) => (captures = captured));
  };
  const keepEvidence = async (): Promise<void> => {
    const ended = () => interruptSignal.aborted;
    if (ended() || result.evidence !== undefined) return;
    if (result.machine === undefined) {
      stage('looking why');
      // Where it was built and does not answer, the packets say why; where not, this fails as well.
      const lab = readRecord(plan.name);
      if (lab !== undefined)
        await Promise.race([testIt({ record: lab, runtime: runtimeOf(lab) }), interrupted]).catch(
          () => undefined,
        );
    }
    if (ended()) return;
    stage('keeping evidence');
    result.evidence = await writeEvidence(job, captures, quiet);
  };
  const during = async (name: VerifyError['stage'], run: () => Promise<void>): Promise<void> => {
    stage(name);
    const began = Date.now();
    try {
      await run();
    } catch (error) {
      interruptSignal.throwIfAborted();
      result.error ??= asError(name, error);
    } finally {
      result.seconds[name] = (Date.now() - began) / 1000;
    }
  };

  await during('up', async () => {
    const { machine, runtime } = job;
    const planAround = (taken: string[]) => readPlan(topology, plan.name, taken);
    const made = await up(
      { topology, plan, planAround, machine, runtime, reconfigure: false, beforeUndo: keepEvidence },
      quiet,
    );
    result.machine = made.machine;
    result.runtime = made.runtime;
  });
  if (result.machine === undefined) {
    if (outcomeOf(plan, result.checks) === 'fail') result.outcome = 'fail';
    return result;
  }
  try {
    await during('test', async () => {
      await Promise.race([findLab(plan.name).then(testIt), interrupted]);
    });
    if (result.error === undefined) result.outcome = outcomeOf(plan, result.checks);
    if (result.outcome !== 'pass') {
      await keepEvidence();
      result.kept = keep;
    }
  } finally {
    if (!result.kept)
      await during('down', async () => {
        await down(plan.name, { all: false, forget: false }, quiet);
      });
  }
  if (result.error !== undefined) result.outcome = result.outcome === 'fail' ? 'fail' : 'error';
  return result;
}

/** A lab without virtual services makes no promises but to come up. */
function outcomeOf(plan: Plan, checks: Check[]): VerifyResult['outcome'] {
  return plan.services.length === 0 ? 'pass' : overall(checks);
}

function asError(stage: VerifyError['stage'], error: unknown): VerifyError {
  if (!(error instanceof LabError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      stage,
      message: `this is a defect of the tool itself\n${text}`,
      mend: undefined,
      exitCode: EXIT.labFailed,
    };
  }
  return { stage, message: error.message, mend: error.mend, exitCode: error.code };
}

/** @returns the folder; undefined where it cannot be made */
async function writeEvidence(
  { plan, file, round, evidence }: VerifyJob,
  captures: Captured[],
  progress: Progress,
): Promise<string | undefined> {
  const folder = resolve(evidence, `${plan.name}-${round}`);
  try {
    mkdirSync(folder, { recursive: true });
    await keepCaptures(folder, captures);
    for (const missing of await collectEvidence(folder, plan, file))
      progress.warn(`no evidence of ${missing}`);
    return folder;
  } catch (error) {
    progress.warn(`cannot keep evidence in ${join(folder)}: ${(error as Error).message}`);
    return undefined;
  }
}
