import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { createCli } from './cli.ts';
import { drained, outputFailure, watchOutput } from './terminal/standard-output.ts';
import { EXIT, LabError } from './errors.ts';
import { Interrupted, interruption, momentsOver, overdue, watchSignals } from './host/interrupt.ts';
import { onTerminal, paint } from './terminal/paint.ts';

const NO_FOLDER =
  'there can be no such folder: name another place (LVSLAB_STATE for labs, XDG_CACHE_HOME for the root)';

/** What the system refuses on any write, and what to do about it. */
const SYSTEM_FIXES: Record<string, string> = {
  ENOSPC:
    'the disk is full: free some space, or name another place (LVSLAB_STATE for labs, XDG_CACHE_HOME for the root)',
  EDQUOT: 'your quota is used up: free some space, or name another place (LVSLAB_STATE, XDG_CACHE_HOME)',
  EACCES:
    'it must be yours to write: name another place (LVSLAB_STATE for labs, XDG_CACHE_HOME for the root)',
  EROFS: 'it cannot be written: name another place (LVSLAB_STATE for labs, XDG_CACHE_HOME for the root)',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  ENOTDIR: NO_FOLDER,
  ELOOP: NO_FOLDER,
  ENAMETOOLONG: NO_FOLDER,
};

watchSignals();
watchOutput();
void main();

/** Runs the command line of this process, and ends the process with its exit code. */
async function main(): Promise<never> {
  let exitCode: number = EXIT.done;
  const cli = createCli((code) => {
    exitCode = code;
  });
  for (const command of [cli, ...cli.commands, ...cli.commands.flatMap((c) => c.commands)])
    command.exitOverride();

  try {
    await Promise.race([cli.parseAsync(), overdue]);
    // A command may have come to its end without having noticed.
    const reason = interruption();
    if (reason !== undefined) exitCode = report(reason);
  } catch (error) {
    exitCode = reportEnd(error);
  }
  const unwritten = await outputFailure();
  if (unwritten !== undefined) {
    const code = report(unwritten);
    // The command's own code says more, where it has one.
    if (exitCode === EXIT.done) exitCode = code;
  }
  await momentsOver();
  await drained(process.stderr);
  process.exit(exitCode);
}

/** What fails because it was interrupted failed for that reason, unless it has more to say. */
function reportEnd(error: unknown): number {
  const reason = interruption();
  if (reason === undefined) return error instanceof Interrupted ? EXIT.done : report(error);
  report(error instanceof LabError && error.message.includes(reason.message) ? error : reason);
  return reason.exitCode;
}

/** Prints an error once, with the fix; the stack only for what should never happen. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  const warn = (text: string) => process.stderr.write(`${onTerminal(text)}\n`);
  if (isSystemError(error)) {
    warn(`${paint.red('error:')} ${error.message}`);
    warn(`${paint.yellow('fix: ')} ${SYSTEM_FIXES[error.code] ?? ''}`);
    return EXIT.machineCannot;
  }
  if (!(error instanceof LabError)) {
    warn(
      `${paint.red('error:')} this is a defect of the tool itself\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return EXIT.labFailed;
  }
  warn(`${paint.red('error:')} ${error.message}`);
  if (error.fix !== undefined) warn(`${paint.yellow('fix: ')} ${error.fix}`);
  if (process.env['LVSLAB_DEBUG'] !== undefined && error.cause !== undefined)
    warn(`cause: ${inspect(error.cause)}`);
  return error.exitCode;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return error instanceof Error && code !== undefined && code in SYSTEM_FIXES;
}
