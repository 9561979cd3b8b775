import { availableParallelism, hostname, release } from 'node:os';
import { EXIT, LabError } from '../errors.ts';
import { labDirectory } from '../records/lab.ts';
import type { Plan } from '../plan/types.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { overallOutcome, type RoundFigures, type VerifyReport, type VerifyResult } from './verify-report.ts';
import { toolVersion } from '../version.ts';
import { choosePlace, type Wanted } from '../place/choose.ts';
import { inTurns } from '../host/in-turns.ts';
import { leftSince, openFiles, whatIsThere } from '../lifecycle/leftovers.ts';
import { guestMemory, prepareMachine } from '../lifecycle/make-machine.ts';
import { readPlan, shippedTopologies, topologyFile } from '../files/topology-file.ts';
import { verifyOne, type VerifyJob } from './verify-one.ts';

export interface VerifyRequest extends Wanted {
  /** Empty: every shipped one. */
  topologies: string[];
  /** Rounds of all topologies, one after the other. */
  repeat: number;
  /** Labs at once; undefined: as many as the processors and the memory allow. */
  jobs: number | undefined;
  /** Leave labs up that do not pass. */
  keep: boolean;
  /** Folder for the evidence of what does not pass. */
  evidence: string;
}

/**
 * Verifies topologies: each is brought up, tested and taken down, several at once.
 * @param onResult called as each is done
 * @throws LabError badInput with the problems of every topology file; the interruption, once all is taken down
 */
export async function verify(
  request: VerifyRequest,
  progress: Progress,
  onResult: (result: VerifyResult, report: VerifyReport) => void,
): Promise<VerifyReport> {
  const [started, began] = [new Date().toISOString(), performance.now()];
  const jobs = plannedJobs(request);
  // One that has services: it needs more of a machine than one that has none.
  const model = jobs.find((job) => job.plan.services.length > 0) ?? jobs[0];
  if (model !== undefined) await prepareMachine(await choosePlace(model, request, progress), progress);
  const directories = jobs.map((job) => labDirectory(job.plan.name));
  const before = whatIsThere(directories);
  const atOnce = request.jobs ?? labsAtOnce(jobs.map((job) => job.plan));
  const results: VerifyResult[] = [];
  const rounds: RoundFigures[] = [];
  const report = (): VerifyReport => ({
    tool: toolVersion,
    host: { name: hostname(), kernel: release(), node: process.version, cpus: availableParallelism() },
    started,
    seconds: Math.round(performance.now() - began) / 1000,
    jobs: atOnce,
    outcome: overallOutcome(results),
    results,
    rounds: Array.from({ length: request.repeat }, (_, index) => rounds[index] ?? emptyRound(index + 1)),
    left: { processes: [], mounts: [], loopDevices: [], files: [] },
  });
  for (let round = 1; round <= request.repeat; round += 1) {
    const start = performance.now();
    const of = await runRound(
      jobs.map((job) => ({ ...job, round })),
      atOnce,
      progress,
      (result) => {
        results.push(result);
        onResult(result, report());
      },
    );
    rounds.push({
      round,
      seconds: Math.round(performance.now() - start) / 1000,
      failures: of.filter((result) => result.outcome !== 'pass').length,
      memory: process.memoryUsage().rss,
      openFiles: openFiles(),
    });
  }
  // In the order asked for, not in that in which they came to their ends.
  const order = jobs.map((job) => job.plan.name);
  results.sort((a, b) => a.round - b.round || order.indexOf(a.lab) - order.indexOf(b.lab));
  const kept = results.filter((result) => result.kept).map((result) => labDirectory(result.lab));
  return {
    ...report(),
    left: await leftSince(
      before,
      directories.filter((directory) => !kept.includes(directory)),
    ),
  };
}

function emptyRound(round: number): RoundFigures {
  return { round, seconds: 0, failures: 0, memory: 0, openFiles: 0 };
}

/** Every topology read and planned before the first lab is made, so that what is wrong with any is known at once. */
function plannedJobs({ topologies, evidence, keep, machine, runtime, kernel }: VerifyRequest): VerifyJob[] {
  const names = topologies.length === 0 ? shippedTopologies() : topologies;
  const problems: LabError[] = [];
  const jobs = names.flatMap((topology, index): VerifyJob[] => {
    try {
      const plan = readPlan(topology);
      // A name that no other lab has: not the user's own, nor that of the same topology verified next to this one.
      const name = `verify-${plan.name.slice(0, 14)}-${index + 1}-${process.pid.toString(36)}`;
      const file = topologyFile(topology);
      return [
        { topology, file, plan: { ...plan, name }, round: 1, evidence, keep, machine, runtime, kernel },
      ];
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      problems.push(error);
      return [];
    }
  });
  if (problems.length === 0) return jobs;
  const fixes = problems.flatMap((problem) => problem.fix ?? []);
  throw new LabError(
    EXIT.badInput,
    problems.map((problem) => problem.message).join('\n'),
    fixes.length === 0 ? {} : { fix: [...new Set(fixes)].join('\n') },
  );
}

/** A processor for each, and memory for every one of them to use all that its kernel may. */
export function labsAtOnce(
  plans: Plan[],
  machine: { cpus: number; memory: number } = {
    cpus: availableParallelism(),
    memory: process.availableMemory(),
  },
): number {
  const largest = Math.max(...plans.map((plan) => guestMemory(plan) * 1024 * 1024));
  const fit = Math.floor((0.8 * machine.memory) / largest);
  return Math.max(1, Math.min(machine.cpus, fit, plans.length));
}

async function runRound(
  jobs: VerifyJob[],
  atOnce: number,
  progress: Progress,
  onResult: (result: VerifyResult) => void,
): Promise<VerifyResult[]> {
  const stages = new Map<string, string>();
  const done: VerifyResult[] = [];
  const task = progress.start('verify');
  const quiet = createProgress(process.stderr, { quiet: true });
  const show = () => {
    const now = [...stages].map(([topology, stage]) => `${topology} ${stage}`).join(', ');
    task.update(`${done.length} of ${jobs.length} done · ${now}`);
  };
  try {
    await inTurns(jobs, atOnce, async (job) => {
      const { topology } = job;
      const result = await verifyOne(job, quiet, (stage) => {
        stages.set(topology, stage);
        show();
      });
      stages.delete(topology);
      done.push(result);
      onResult(result);
      show();
    });
  } finally {
    task.end();
  }
  return done;
}
