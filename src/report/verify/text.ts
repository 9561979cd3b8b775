import { shortened } from '../../proof/shortened.ts';
import { MARK, columns } from '../../terminal/columns.ts';
import {
  casesOf,
  evidenceLine,
  resultName,
  type VerifyReport,
  type VerifyResult,
} from '../../commands/verify-report.ts';
import { leftText, soakFigures } from './soak.ts';
import { paint } from '../../terminal/paint.ts';
import { visibleLine } from '../../terminal/visible.ts';
import { counted } from '../../topology/counted.ts';

/** Lines of evidence under a check that is not green; all of it is in the evidence folder and the reports. */
const MOST_LINES = 8;

/** What is told of a topology as soon as it is done: one line where all is green, else what is not. */
export function resultText(result: VerifyResult, report: VerifyReport): string {
  const cases = casesOf(result);
  const bad = cases.filter((one) => one.outcome !== 'pass');
  const { up, test, down } = result.seconds;
  const count = `${cases.length - bad.length} of ${counted(cases.length, 'check')}`;
  return [
    `${mark(result.outcome)} ${resultName(result, report).padEnd(16)}  ${count}  ${(up + test + down).toFixed(1)} s`,
    ...bad.flatMap(({ title, detail, outcome, lines }) => [
      `  ${mark(outcome)} ${visibleLine(title)}: ${visibleLine(detail)}`,
      ...shortened(lines, MOST_LINES, 'more lines').map((line) => `      ${paint.dim(visibleLine(line))}`),
    ]),
    ...evidenceLine(result).map((line) => `  ${line}`),
    ...(result.kept ? [`  kept: lab test ${result.lab} · lab down ${result.lab}`] : []),
  ].join('\n');
}

/** The end of it: how many passed, and what repeating has shown. */
export function verifyText(report: VerifyReport): string {
  const { results, rounds, left } = report;
  const passed = results.filter((result) => result.outcome === 'pass').length;
  const checks = results.reduce((sum, result) => sum + casesOf(result).length, 0);
  const things = Object.values(left).flat() as string[];
  return [
    `${mark(report.outcome)} ${passed} of ${counted(results.length, 'lab')} passed, ${counted(checks, 'check')}, ${report.seconds.toFixed(0)} s, ${report.jobs} at once`,
    ...(rounds.length > 1 ? ['', columns(soakFigures(report).slice(1))] : []),
    ...(things.length === 0
      ? []
      : [
          '',
          paint.red(`left behind: ${leftText(left)}`),
          ...things.map((thing) => `  ${visibleLine(thing)}`),
        ]),
  ].join('\n');
}

function mark(outcome: VerifyResult['outcome']): string {
  return MARK[outcome === 'error' ? 'fail' : outcome];
}
