import { EXIT, type ExitCode, type SignalExitCode } from '../errors.ts';
import type { Leftovers } from '../lifecycle/leftovers.ts';
import type { Check, Outcome } from '../proof/check.ts';

/** Of one topology: `error` is what kept it from being tested, or from being taken down. */
export type VerifyOutcome = Outcome | 'error';

/** What became of one topology in one round. */
export interface VerifyResult {
  /** As the user named it. */
  topology: string;
  /** Its file, for whoever shows the result beside it. */
  file: string;
  /** The lab's name, by which it can be found where it was kept. */
  lab: string;
  /** Counts from 1. */
  round: number;
  outcome: VerifyOutcome;
  /** Where it ran and how its nodes were made; undefined where it did not come so far. */
  machine: string | undefined;
  runtime: string | undefined;
  /** ISO 8601. */
  started: string;
  seconds: { up: number; test: number; down: number };
  checks: Check[];
  error: VerifyError | undefined;
  /** Folder with captures, logs and state of what did not pass. */
  evidence: string | undefined;
  /** Whether the lab was left up. */
  kept: boolean;
}

export interface VerifyError {
  stage: 'up' | 'test' | 'down';
  message: string;
  fix: string | undefined;
  exitCode: ExitCode | SignalExitCode;
}

export interface VerifyReport {
  /** Version of the tool. */
  tool: string;
  host: { name: string; kernel: string; node: string; cpus: number };
  /** ISO 8601. */
  started: string;
  seconds: number;
  /** How many labs there were at once. */
  jobs: number;
  outcome: VerifyOutcome;
  results: VerifyResult[];
  rounds: RoundFigures[];
  /** What was there after all labs had been taken down, and was not before the first. */
  left: Leftovers;
}

/** A round of all topologies, and this process after it. */
export interface RoundFigures {
  round: number;
  seconds: number;
  /** Results that are not `pass`. */
  failures: number;
  /** Bytes of this process's resident memory. */
  memory: number;
  /** Files and sockets that this process has open. */
  openFiles: number;
}

const ORDER: VerifyOutcome[] = ['pass', 'unknown', 'error', 'fail'];

/** The worst of all. */
export function overallOutcome(results: VerifyResult[]): VerifyOutcome {
  return results
    .map((result) => result.outcome)
    .reduce((worst, own) => (ORDER.indexOf(own) > ORDER.indexOf(worst) ? own : worst), 'pass');
}

/** A failed claim counts more than a lab that did not come up, and that more than what could not be measured. */
export function verifyExitCode({ results, left }: VerifyReport): ExitCode | SignalExitCode {
  const outcomes = results.map((result) => result.outcome);
  if (outcomes.includes('fail')) return EXIT.testFailed;
  const codes = results.flatMap(({ error }) => (error === undefined ? [] : [error.exitCode]));
  if (codes.length > 0) return codes.find((code) => code !== EXIT.machineCannot) ?? EXIT.machineCannot;
  if (outcomes.includes('unknown')) return EXIT.testUnknown;
  return Object.values(left).some((things: string[]) => things.length > 0) ? EXIT.labFailed : EXIT.done;
}

/** `nat`, or `nat, round 3` where there are several. */
export function resultName({ topology, round }: VerifyResult, report: VerifyReport): string {
  return report.rounds.length > 1 ? `${topology}, round ${round}` : topology;
}

/** One thing that a report says of a topology: a check, or the stage that it did not come through. */
export interface ReportedCase {
  id: string;
  title: string;
  outcome: VerifyOutcome;
  detail: string;
  /** What it was concluded from, or the fix of an error; of a check that passed nothing. */
  lines: string[];
}

/** Where more is to be found of what did not pass, as a line under each. */
export function evidenceLine({ evidence }: VerifyResult): string[] {
  return evidence === undefined ? [] : [`evidence: ${evidence}`];
}

/** Everything that is said of one topology, an error last; a lab without virtual services is only brought up. */
export function casesOf(result: VerifyResult): ReportedCase[] {
  const cases: ReportedCase[] = result.checks.map((check) => ({
    id: check.id,
    title: check.title,
    outcome: check.outcome,
    detail: check.detail,
    lines: check.outcome === 'pass' ? [] : check.evidence,
  }));
  const { error } = result;
  if (error !== undefined) {
    const [detail = '', ...rest] = error.message.split('\n');
    const fix = error.fix === undefined ? [] : [`fix: ${error.fix}`];
    cases.push({
      id: error.stage,
      title: error.stage,
      outcome: 'error',
      detail,
      lines: [...rest, ...fix],
    });
  } else if (cases.length === 0)
    cases.push({ id: 'up', title: 'up', outcome: 'pass', detail: 'it came up', lines: [] });
  return cases;
}
