import type { Leftovers } from '../../../../src/lifecycle/leftovers.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { onTerminal } from '../../../../src/terminal/paint.ts';
import { githubAnnotations } from '../../../../src/report/verify/github.ts';
import { verifyMarkdown } from '../../../../src/report/verify/markdown.ts';
import {
  overallOutcome,
  verifyExitCode,
  type VerifyOutcome,
} from '../../../../src/commands/verify-report.ts';
import { drift, leftText, soakFigures } from '../../../../src/report/verify/soak.ts';
import { tapText } from '../../../../src/report/verify/tap.ts';
import { resultText, verifyText } from '../../../../src/report/verify/text.ts';
import { MIXED, NASTY, check, report, result } from './reports.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-tap-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

// eslint-disable-next-line no-control-regex
const plain = (text: string) => onTerminal(text).replaceAll(/\x1b\[\d+m/g, '');

describe('TAP', () => {
  const text = tapText(MIXED);

  it('has a point for each check, in one row of numbers', () => {
    const points = [...text.matchAll(/^(not )?ok (\d+) - (.*)$/gm)];
    expect(points.map(([, not, number]) => [not === undefined, Number(number)])).toEqual(
      [true, true, true, false, false, false, true].map((ok, index) => [ok, index + 1]),
    );
    expect(text).toMatch(/^TAP version 13\n1\.\.7\n/);
  });

  it('has YAML under what is not ok, with the evidence in it', () => {
    const blocks = [...text.matchAll(/^ {2}---\n([^]*?)^ {2}\.\.\.$/gm)].map(
      ([, yaml = '']) => parse(yaml) as { message: string; evidence?: string },
    );
    expect(blocks.map((block) => block.message)).toEqual([
      'rs1 answered ARP for 203.0.113.100',
      expect.stringContaining('the capture lost packets'),
      'rs1: ip: no such device',
    ]);
    expect(blocks[0]?.evidence).toContain('rs1 eth0  ARP 203.0.113.100 is at 02:00:00:01:00:03');
    expect(blocks[2]?.evidence).toBe('rs2: ip: no such device\nfix: lab doctor\n');
  });

  it('is read as it is meant by prove, where there is one', () => {
    if (spawnSync('prove', ['--version']).status !== 0) return;
    const prove = (given: string) => {
      writeFileSync(join(folder, 'report.tap'), given);
      return spawnSync('prove', ['-e', 'cat', join(folder, 'report.tap')], { encoding: 'utf8' });
    };
    const bad = prove(text);
    expect(bad.stdout).toContain('Failed 3/7 subtests');
    expect(bad.stdout).not.toContain('Parse errors');
    expect(prove(tapText(report([result(NASTY)]))).stdout).toContain('Result: PASS');
  });
});

describe('GitHub annotations', () => {
  const place = (file: string) => (file.startsWith('/lab/') ? file.slice(5) : undefined);

  it('are one line each, for what is not green', () => {
    const lines = githubAnnotations(MIXED, place);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(
      /^::error file=topologies\/dr\.yaml,line=1,title=dr%3A dr%3A one arp owner::rs1 answered ARP for 203\.0\.113\.100%0Apromised: /,
    );
    expect(lines[0]).toContain('%0Ars1 eth0  ARP 203.0.113.100 is at');
    expect(lines[0]).toContain('100%25');
    for (const line of lines) expect(line).not.toMatch(/[\r\n]/);
    expect(githubAnnotations(report([result('nat')]), place)).toEqual([]);
  });

  it('name no file that is not in the repository', () => {
    const elsewhere = report([
      result('x', { file: '/else/x.yaml', checks: [check('a', { outcome: 'fail' })] }),
    ]);
    expect(githubAnnotations(elsewhere, place)[0]).toMatch(/^::error title=x%3A a::/);
  });
});

describe('Markdown', () => {
  const text = verifyMarkdown(MIXED);

  it('has a row for each lab', () => {
    const rows = text.split('\n').filter((row) => row.startsWith('|'));
    expect(rows).toHaveLength(2 + 4);
    for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(7);
  });

  it('has the packets of each failed claim in a fence that they cannot end', () => {
    const fence = /^(`{3,})text\n([^]*?)\n\1$/m.exec(text);
    expect(fence?.[1]).toBe('````');
    expect(fence?.[2]).toContain('rs1 eth0  ARP 203.0.113.100 is at');
    expect(text).toContain('**dr: one arp owner**: rs1 answered ARP');
  });

  it('says what was left behind, and nothing where nothing was', () => {
    expect(text).not.toContain('Left behind');
    const left = { processes: ['7 linux'], mounts: [], loopDevices: [], files: [] };
    expect(verifyMarkdown(report([result('nat')], { left }))).toContain('7 linux');
  });
});

describe('the text', () => {
  it('is one line for what is green, and shows the failed claims of what is not', () => {
    expect(plain(resultText(MIXED.results[0] ?? result(''), MIXED))).toBe(
      '✔ nat               2 of 2 checks  5.3 s',
    );
    const failed = plain(resultText(MIXED.results[1] ?? result(''), MIXED));
    expect(failed).toContain('✘ dr                1 of 3 checks');
    expect(failed).toContain('  ✘ dr: one arp owner: rs1 answered ARP for 203.0.113.100\n');
    expect(failed).toMatch(/\n {2}evidence: \/lab\/lvslab-evidence\/verify-dr-1$/);
    expect(plain(verifyText(MIXED))).toBe('✘ 2 of 4 labs passed, 7 checks, 13 s, 2 at once');
  });

  it('says how to look at a lab that was kept', () => {
    expect(plain(resultText(result('dr', { outcome: 'fail', kept: true }), MIXED))).toContain(
      'kept: lab test verify-dr-1-abc · lab down verify-dr-1-abc',
    );
  });
});

describe('the exit code', () => {
  const error = (exitCode: 2 | 3 | 4) =>
    result('x', { outcome: 'error', error: { stage: 'up', message: 'm', fix: undefined, exitCode } });
  const of = (...outcomes: VerifyOutcome[]) => outcomes.map((outcome) => result('x', { outcome }));
  const code = (results: ReturnType<typeof of>, left: Partial<Leftovers> = {}) =>
    verifyExitCode(
      report(results, { left: { processes: [], mounts: [], loopDevices: [], files: [], ...left } }),
    );

  it('is that of the worst, as documented', () => {
    expect(code(of('pass', 'pass'))).toBe(0);
    expect(code(of('pass', 'unknown'))).toBe(5);
    expect(code([...of('unknown'), error(4)])).toBe(4);
    expect(code([error(3)])).toBe(3);
    expect(code([error(3), error(4)])).toBe(4);
    expect(code([error(4), ...of('unknown', 'fail')])).toBe(1);
  });

  it('is not 0 where something was left behind', () => {
    expect(code(of('pass'), { processes: ['7 linux'] })).toBe(4);
    expect(code(of('pass'), { files: ['/run/lvslab/x'] })).toBe(4);
    expect(code(of('fail'), { mounts: ['x'] })).toBe(1);
  });

  it('goes with the outcome of all', () => {
    expect(overallOutcome(of('pass', 'pass'))).toBe('pass');
    expect(overallOutcome(of('pass', 'unknown', 'pass'))).toBe('unknown');
    expect(overallOutcome(of('error', 'unknown'))).toBe('error');
    expect(overallOutcome(of('error', 'fail', 'unknown'))).toBe('fail');
  });
});

describe('repeating', () => {
  const rounds = [3, 3, 3, 9, 3, 3, 3, 4, 4].map((seconds, index) => ({
    round: index + 1,
    seconds,
    failures: index === 2 ? 1 : 0,
    memory: (80 + index) * 2 ** 20,
    openFiles: 20,
  }));

  it('says how long a round took, and whether rounds get longer', () => {
    const figures = Object.fromEntries(soakFigures(report([result('nat')], { rounds }))) as Record<
      string,
      string
    >;
    expect(figures['rounds']).toBe('9, 1 lab');
    expect(figures['time of a round']).toBe('median 3.0 s, from 3.0 to 9.0 s');
    expect(figures['drift of the time']).toBe('+33.3%');
    expect(figures["this process's memory"]).toBe('80 MiB after the first round, 88 MiB after the last');
    expect(figures['left behind']).toBe('nothing');
  });

  it('calls neither one slow round nor few rounds drift', () => {
    expect(drift([3, 3, 9, 3, 3, 3, 3, 9, 3])).toBe(0);
    expect(drift([1, 2, 3, 4, 5])).toBeUndefined();
    expect(drift([4, 4, 2, 2, 2, 2])).toBe(-0.5);
  });

  it('counts what was left behind', () => {
    expect(leftText({ processes: ['1 a', '2 b'], mounts: [], loopDevices: ['loop0 x'], files: [] })).toBe(
      '2 processes, 1 loop devices',
    );
  });
});
