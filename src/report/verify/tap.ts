import { casesOf, evidenceLine, resultName, type VerifyReport } from './report.ts';

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
            `  message: ${JSON.stringify(oneLine(detail))}`,
            ...(lines.length === 0
              ? []
              : ['  evidence:', ...lines.map((l) => `    - ${JSON.stringify(oneLine(l))}`)]),
            '  ...',
          ]),
    ]),
    '',
  ].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}
