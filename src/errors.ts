/** Exit codes, as documented in the README. `exec` and `shell` return the command's own instead. */
export const EXIT = {
  done: 0,
  testFailed: 1,
  badInput: 2,
  machineCannot: 3,
  labFailed: 4,
  testUnknown: 5,
  /** The tool's own failure in `exec` and `shell`, so that it cannot be taken for the command's code. */
  execFailed: 125,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** As a shell has it of a program that SIGHUP, SIGINT or SIGTERM ended. */
export type SignalExitCode = 129 | 130 | 143;

/** An error that a user can act on: what is wrong, the fix, and the exit code it ends with. */
export class LabError extends Error {
  readonly exitCode: ExitCode | SignalExitCode;
  /** What to do about it; one or more lines, shown under the message. */
  readonly fix: string | undefined;

  constructor(
    exitCode: ExitCode | SignalExitCode,
    message: string,
    options: { fix?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'LabError';
    this.exitCode = exitCode;
    this.fix = options.fix;
  }
}

/** Most that is kept of what a program says of its failure, in characters: its end is what tells why. */
export const LONGEST_COMPLAINT = 64 * 1024;

/** What a program has said of its failure so far, with what it says now; the end of it, where it says too much. */
export function complained(said: string, more: Buffer): string {
  return `${said}${more.toString()}`.slice(-LONGEST_COMPLAINT);
}
/** What the system says where there is no more room, which is the machine's fault and not the user's. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** A file that the user named and that cannot be written. */
export function cannotWrite(file: string, cause: unknown): LabError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const full = FULL.includes(code);
  return new LabError(full ? EXIT.machineCannot : EXIT.badInput, `cannot write ${file}: ${message}`, {
    cause,
    ...(full ? { fix: 'free some space, or name another place' } : {}),
  });
}

/** One thing wrong in a topology file, with its place (line and column count from 1). */
export interface Problem {
  line: number;
  column: number;
  message: string;
  fix: string | undefined;
}

/** `my.yaml:3:5: what is wrong`, and under it the fix. */
export function problemText(file: string, { line, column, message, fix }: Problem): string {
  return `${file}:${line}:${column}: ${message}${fix === undefined ? '' : `\n  ${fix}`}`;
}

/** Every problem of one topology file at once. */
export class TopologyError extends LabError {
  readonly file: string;
  readonly problems: Problem[];

  constructor(file: string, problems: Problem[]) {
    super(EXIT.badInput, problems.map((problem) => problemText(file, problem)).join('\n'));
    this.name = 'TopologyError';
    this.file = file;
    this.problems = problems;
  }
}
