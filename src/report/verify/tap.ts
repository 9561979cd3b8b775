import { visible } from '../../terminal/visible.ts';
import { casesOf, evidenceLine, resultName, type VerifyReport } from '../../commands/verify-report.ts';

/** The report in the Test Anything Protocol, version 13: a point for each check, with its evidence where it is not ok. */
export function tapText(report: VerifyReport): string {
  const points = report.results.flatMap((result) =>
    casesOf(result).map((one) => ({
      ...one,
      lines: [...one.lines, ...evidenceLine(result)],
      name: `${resultName(result, report)}: ${one.title}`,
    })),
  );
  return [
    'TAP version 13',
    `1..${points.length}`,
    ...points.flatMap(({ name, outcome, detail, lines }, index) => [
      // A `#` would begin a directive (skip, todo).
      `${outcome === 'pass' ? 'ok' : 'not ok'} ${index + 1} - ${oneLine(name).replaceAll(/[\\#]/g, '\\$&')}`,
      ...(outcome === 'pass'
        ? []
        : [
            '  ---',
            `  outcome: ${outcome}`,
            `  message: ${quoted(detail)}`,
            ...(lines.length === 0 ? [] : ['  evidence: |', ...lines.map((line) => `    ${oneLine(line)}`)]),
            '  ...',
          ]),
    ]),
    '',
  ].join('\n');
}

/** As YAML that the smallest of its readers knows: prove's takes a quoted `a: b` in a list for a mapping. */
function quoted(text: string): string {
  return `'${oneLine(text).replaceAll("'", "''")}'`;
}

/** Visible, and without the two characters beside that YAML cannot hold. */
function oneLine(text: string): string {
  return visible(text)
    .replaceAll(/[\n\t\uFFFE\uFFFF]+/g, ' ')
    .trim();
}
