import { Option, type Command } from 'commander';
import { relative } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import type { KernelKind } from '../machine/embedded/kernel-kinds.ts';
import type { MachineName } from '../machine/machine.ts';
import { onTerminal } from '../terminal/paint.ts';
import type { Progress } from '../terminal/progress.ts';
import type { VerifyReport } from '../commands/verify-report.ts';
import { RUNTIME_KINDS, type RuntimeKind } from '../records/runtime-kinds.ts';
import { kernelOption, machineName } from './lifecycle.ts';
import { json, jsonText, out, progressFor, type Finish } from './output.ts';
import { appendTo, writeReport } from './report-file.ts';
import { wholeNumber } from './numbers.ts';

/** For CI: one line, an exit code, reports. */
export function addVerifyCommand(program: Command, finish: Finish): void {
  program
    .command('verify')
    .summary('bring up, test and take down topologies, several at once, and report')
    .description(
      'Brings each topology up, tests it and takes it down; every shipped one where none is named. Nothing is tried twice: ' +
        'a test that fails once in a while is a defect. In a GitHub workflow it annotates, and adds to the job summary.',
    )
    .argument('[topologies...]', 'names of shipped topologies, or YAML files')
    .option('--junit <file>', 'write JUnit XML')
    .option('--tap <file>', 'write TAP (Test Anything Protocol)')
    .option('--markdown <file>', 'write Markdown')
    .option('--json [file]', 'write a report for machines to a file, else to standard output')
    .option('--evidence <folder>', 'where captures, logs and state of what fails are kept', 'lvslab-evidence')
    .option('--keep', 'leave labs up that do not pass', false)
    .option('--repeat <count>', 'do it all so many times, and say what grows or stays', wholeNumber(1), 1)
    .option(
      '--jobs <count>',
      'labs at once (default: as many as processors and memory allow)',
      wholeNumber(1),
    )
    .option('--machine <machine>', 'where labs run, as for up', machineName)
    .addOption(new Option('--runtime <runtime>', 'how nodes are made, as for up').choices(RUNTIME_KINDS))
    .addOption(kernelOption())
    .action(async (topologies: string[], options: VerifyOptions) => {
      const toStdout = options.json === true;
      const file = typeof options.json === 'string' ? options.json : undefined;
      if (file !== undefined && /\.ya?ml$/.test(file))
        throw new LabError(EXIT.badInput, `--json would write the report to ${file}`, {
          fix: 'name topologies before --json, or say --json=FILE',
        });
      const { verify } = await import('../commands/verify.ts');
      const progress = progressFor({ json: toStdout });
      const { keep, repeat, jobs, machine, runtime, kernel, evidence } = options;
      const { resultText, verifyText } = await import('../report/verify/text.ts');
      const report = await verify(
        { topologies, keep, repeat, jobs, machine, runtime, kernel, evidence },
        progress,
        (result, sofar) => {
          progress.print(resultText(result, sofar));
        },
      );
      if (toStdout) json('verify', report);
      else out(verifyText(report));
      await writeReports(report, { ...options, file }, progress);
      await tellGithub(report, toStdout);
      const { verifyExitCode } = await import('../commands/verify-report.ts');
      const code = verifyExitCode(report);
      if (code !== EXIT.done) finish(code);
    });
}

interface VerifyOptions {
  junit?: string;
  tap?: string;
  markdown?: string;
  json?: string | true;
  evidence: string;
  keep: boolean;
  repeat: number;
  jobs: number | undefined;
  machine: MachineName | undefined;
  runtime: RuntimeKind | undefined;
  kernel: KernelKind | undefined;
}

async function writeReports(
  report: VerifyReport,
  { junit, tap, markdown, file }: VerifyOptions & { file: string | undefined },
  progress: Progress,
): Promise<void> {
  const [{ junitXml }, { tapText }, { verifyMarkdown }] = await Promise.all([
    import('../report/verify/junit.ts'),
    import('../report/verify/tap.ts'),
    import('../report/verify/markdown.ts'),
  ]);
  const wanted = [
    { name: junit, text: () => junitXml(report) },
    { name: tap, text: () => tapText(report) },
    { name: markdown, text: () => verifyMarkdown(report) },
    { name: file, text: () => jsonText('verify', report) },
  ];
  for (const { name, text } of wanted)
    if (name !== undefined) {
      await writeReport(name, text());
      progress.note(`report: ${name}`);
    }
}

/** What GitHub shows beside a file and on the page of a run; nothing anywhere else. */
async function tellGithub(report: VerifyReport, jsonOnStdout: boolean): Promise<void> {
  if (process.env['GITHUB_ACTIONS'] !== 'true') return;
  const [{ githubAnnotations }, { verifyMarkdown }] = await Promise.all([
    import('../report/verify/github.ts'),
    import('../report/verify/markdown.ts'),
  ]);
  const place = (file: string) => {
    const path = relative(process.env['GITHUB_WORKSPACE'] ?? process.cwd(), file);
    return path.startsWith('..') ? undefined : path;
  };
  const lines = githubAnnotations(report, place);
  // GitHub reads both streams.
  if (lines.length > 0) {
    if (jsonOnStdout) process.stderr.write(`${onTerminal(lines.join('\n'))}\n`);
    else out(lines.join('\n'));
  }
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  if (summary !== undefined && summary !== '') await appendTo(summary, verifyMarkdown(report));
}
