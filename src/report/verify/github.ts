import { visible } from '../../terminal/visible.ts';
import { casesOf, evidenceLine, resultName, type VerifyReport } from '../../commands/verify-report.ts';

/**
 * A workflow command for each check that is not green, which GitHub shows beside the topology file.
 * @param place the file's path as from the repository's root; undefined where it is not in the repository
 */
export function githubAnnotations(
  report: VerifyReport,
  place: (file: string) => string | undefined,
): string[] {
  return report.results.flatMap((result) =>
    casesOf(result)
      .filter((one) => one.outcome !== 'pass')
      .map(({ title, detail, lines }) => {
        const file = place(result.file);
        const properties = {
          ...(file === undefined ? {} : { file, line: '1' }),
          title: `${resultName(result, report)}: ${title}`,
        };
        const written = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
        return `::error ${written.join(',')}::${escapeData([detail, ...lines, ...evidenceLine(result)].join('\n'))}`;
      }),
  );
}

function escapeData(text: string): string {
  return visible(text).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
