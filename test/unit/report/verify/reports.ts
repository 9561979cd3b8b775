import type { Check } from '../../../../src/proof/check.ts';
import type { VerifyReport, VerifyResult } from '../../../../src/commands/verify-report.ts';

export function check(id: string, part: Partial<Check> = {}): Check {
  return { id, title: id, outcome: 'pass', detail: 'as it should be', evidence: ['never shown'], ...part };
}

export function result(topology: string, part: Partial<VerifyResult> = {}): VerifyResult {
  return {
    topology,
    file: `/lab/topologies/${topology}.yaml`,
    lab: `verify-${topology}-1-abc`,
    round: 1,
    outcome: 'pass',
    machine: 'embedded',
    runtime: 'netns',
    started: '2026-11-23T06:55:39.123Z',
    seconds: { up: 2, test: 3, down: 0.25 },
    checks: [check('answers'), check('distribution')],
    error: undefined,
    evidence: undefined,
    kept: false,
    ...part,
  };
}

export function report(results: VerifyResult[], part: Partial<VerifyReport> = {}): VerifyReport {
  return {
    tool: '0.1.0',
    host: { name: 'runner', kernel: '6.1.0', node: 'v20.19.0', cpus: 2 },
    started: '2026-11-23T06:55:38.000Z',
    seconds: 12.5,
    jobs: 2,
    outcome: 'pass',
    results,
    rounds: [{ round: 1, seconds: 12, failures: 0, memory: 80 * 2 ** 20, openFiles: 20 }],
    left: { processes: [], mounts: [], loopDevices: [], files: [] },
    ...part,
  };
}

/** Text that every form of report must carry unharmed, or at least survive. */
export const NASTY =
  'a "b" <c> & \'d\' `e` ```f``` |g| # h * _i_ ::j,k: 100% \\ ]]> \u0000\u001b[31m\uFFFE\u{1F600}\tl';

/** One of each outcome, with evidence that is hard to write down. */
export const MIXED = report(
  [
    result('nat'),
    result('dr', {
      outcome: 'fail',
      checks: [
        check('answers'),
        check('dr/one-arp-owner', {
          title: 'dr: one arp owner',
          outcome: 'fail',
          detail: 'rs1 answered ARP for 203.0.113.100',
          evidence: ['promised: One MAC.', 'rs1 eth0  ARP 203.0.113.100 is at 02:00:00:01:00:03', NASTY],
        }),
        check('dr/late', { outcome: 'unknown', detail: `the capture lost packets ${NASTY}`, evidence: [] }),
      ],
      evidence: '/lab/lvslab-evidence/verify-dr-1',
    }),
    result('tun', {
      outcome: 'error',
      machine: undefined,
      runtime: undefined,
      checks: [],
      error: {
        stage: 'up',
        message: 'rs1: ip: no such device\nrs2: ip: no such device',
        fix: 'lab doctor',
        exitCode: 4,
      },
    }),
    result('plain', { checks: [] }),
  ],
  { outcome: 'fail' },
);
