import {
  casesOf,
  evidenceLine,
  resultName,
  type ReportedCase,
  type VerifyOutcome,
  type VerifyReport,
} from '../../commands/verify-report.ts';
import { visible } from '../../terminal/visible.ts';
import { soakFigures } from './soak.ts';

const MARK: Record<VerifyOutcome, string> = { pass: '✅', fail: '❌', error: '❌', unknown: '❔' };

/** The report for a job's summary: a row for each topology, then each failed claim with its packets. */
export function verifyMarkdown(report: VerifyReport): string {
  const rows = report.results.map((result) => {
    const cases = casesOf(result);
    const passed = cases.filter((one) => one.outcome === 'pass').length;
    const { up, test, down } = result.seconds;
    return [
      `${MARK[result.outcome]} ${result.outcome}`,
      resultName(result, report),
      `${passed} of ${cases.length}`,
      result.machine === undefined ? '' : `${result.machine}, ${result.runtime ?? ''}`,
      `${(up + test + down).toFixed(1)} s`,
    ];
  });
  const bad = report.results.flatMap((result) => {
    const cases = casesOf(result).filter((one) => one.outcome !== 'pass');
    return cases.length === 0
      ? []
      : [
          '',
          `### ${text(resultName(result, report))}`,
          ...cases.flatMap((one) => ['', ...caseText(one)]),
          ...evidenceLine(result).flatMap((line) => ['', text(line)]),
        ];
  });
  const left = Object.values(report.left).flat() as string[];
  return [
    `## ${MARK[report.outcome]} Linux Virtual Server labs`,
    '',
    table([['', 'topology', 'checks', 'on', 'time'], ...rows]),
    ...bad,
    ...(left.length === 0 ? [] : ['', '### Left behind', '', ...fenced(left)]),
    ...(report.rounds.length > 1 ? ['', '### Rounds', '', table(soakFigures(report))] : []),
    '',
  ].join('\n');
}

function caseText({ title, outcome, detail, lines }: ReportedCase): string[] {
  return [
    `${MARK[outcome]} **${text(title)}**: ${text(detail)}`,
    ...(lines.length === 0 ? [] : ['', ...fenced(lines)]),
  ];
}

/** A fence longer than any row of backticks within. */
function fenced(lines: string[]): string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}text`, ...lines.map(visible), fence];
}

function table([head = [], ...rows]: string[][]): string {
  const row = (cells: string[]) => `| ${cells.map(text).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/** Text that stands in Markdown as it is, on one line. */
function text(value: string): string {
  return value === '---'
    ? value
    : visible(value)
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/[\\`*_{}[\]<>|#]/g, '\\$&');
}
