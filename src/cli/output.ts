import { Option } from 'commander';
import { writeNamedFile } from '../host/named-file.ts';
import { onTerminal } from '../terminal/paint.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { visibleJson } from '../terminal/visible.ts';

/** Takes the exit code of a command where it is not 0. */
export type Finish = (code: number) => void;

/** Options of every command that reports. */
export interface Common {
  json?: boolean;
}

export const jsonOption = () => new Option('--json', 'print a report for machines');

/** Prints a report for people: what it has of others' words is made visible. */
export function out(text: string): void {
  const finished = onTerminal(text);
  process.stdout.write(finished.endsWith('\n') ? finished : `${finished}\n`);
}

/** Prints what another program reads, to the byte; people at a terminal get it as every other report. */
export function outExactly(text: string): void {
  if (process.stdout.isTTY) out(text);
  else process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Versions of the forms of reports that are not in their first any more. 2: "fix" and "fixed" for "mend" and "mended". */
const FORM_VERSIONS: Readonly<Record<string, number>> = {
  ...{ break: 2, check: 2, hint: 2, report: 2, solve: 2, story: 2 },
  ...{ 'class-report': 2, 'class-up': 2, doctor: 2, validate: 2, verify: 2 },
};

const formOf = (kind: string): string => `lvslab/${kind}/${FORM_VERSIONS[kind] ?? 1}`;

/** A report for machines. Every one names its form, so that a reader can tell when it changes. */
export function jsonText(kind: string, data: object): string {
  return `${visibleJson({ schema: formOf(kind), ...data }, 2)}\n`;
}

/** Prints a report for machines. */
export function json(kind: string, data: object): void {
  out(jsonText(kind, data));
}

/** Prints one of a stream of reports for machines, each on a line of its own. */
export function jsonLine(kind: string, data: object): void {
  out(visibleJson({ schema: formOf(kind), ...data }));
}

/** Progress goes to stdout for people, where it is what they came for; with --json only warnings remain, on stderr. */
export function progressFor(options: Common): Progress {
  return options.json === true
    ? createProgress(process.stderr, { quiet: true })
    : createProgress(process.stdout);
}

/** Writes a file, and says where it is, except where the output is for machines. */
export async function writeText(
  file: string,
  text: string,
  options: Common,
  what = 'written',
): Promise<void> {
  await writeNamedFile(file, text);
  if (options.json !== true) out(`${what}: ${file}`);
}

/** Writes a picture. */
export function writePicture(file: string, svg: string, options: Common): Promise<void> {
  return writeText(file, svg, options, 'picture');
}

/** Says something beside a report: on stderr, where it does not get into what machines read. */
export function aside(text: string | undefined): void {
  if (text !== undefined) process.stderr.write(`lab: ${onTerminal(text)}\n`);
}
