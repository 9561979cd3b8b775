import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal, interrupted } from '../host/interrupt.ts';
import type { Plan } from '../plan/types.ts';
import { overall, type Check } from '../proof/check.ts';
import type { Progress } from '../terminal/progress.ts';
import type { VerifyError, VerifyResult } from './verify-report.ts';
import type { Captured } from '../traffic/capture.ts';
import type { Wanted } from '../place/choose.ts';
import { down } from './down.ts';
import { collectEvidence } from '../checks/evidence.ts';
import { findLab, type RunningLab } from '../lifecycle/existing.ts';
import { notAnswering } from './first-requests.ts';
import { keepCaptures } from '../files/keep-captures.ts';
import { test } from './test.ts';
import { readPlan } from '../files/topology-file.ts';
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
  /** Leave a lab up that does not pass, or does not answer. */
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
    if (interruptSignal.aborted || result.evidence !== undefined) return;
    stage('keeping evidence');
    result.evidence = await writeEvidence(job, captures, quiet);
  };
  const during = async (name: VerifyError['stage'], run: () => Promise<void>): Promise<void> => {
    stage(name);
    const began = performance.now();
    try {
      await run();
    } catch (error) {
      interruptSignal.throwIfAborted();
      result.error ??= asError(name, error);
    } finally {
      result.seconds[name] = Math.round(performance.now() - began) / 1000;
    }
  };

  await during('up', async () => {
    const { machine, runtime, kernel } = job;
    const planAround = (taken: string[]) => readPlan(topology, plan.name, taken);
    const made = await up(
      {
        ...{ topology, plan, planAround, machine, runtime, kernel, reconfigure: false, strict: false },
        onCaptured: (captured) => (captures = captured),
        beforeUndo: keepEvidence,
      },
      quiet,
    );
    result.machine = made.machine;
    result.runtime = made.runtime;
    if (made.notAnswering === undefined) return;
    result.checks = made.notAnswering.checks;
    throw notAnswering(made.notAnswering.why);
  });
  if (result.machine === undefined) return result;
  try {
    // Where it does not answer, `up` has tested it already.
    if (result.error === undefined)
      await during('test', async () => {
        await Promise.race([findLab(plan.name).then(testIt), interrupted]);
      });
    const outcome = outcomeOf(plan, result.checks);
    if (result.error === undefined || outcome === 'fail') result.outcome = outcome;
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
      fix: undefined,
      exitCode: EXIT.labFailed,
    };
  }
  return { stage, message: error.message, fix: error.fix, exitCode: error.exitCode };
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
