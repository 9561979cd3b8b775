#!/usr/bin/env node
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import pc from 'picocolors';
import { createCli } from './cli.ts';
import { EXIT, LabError } from './errors.ts';
import { Interrupted, watchSignals } from './interrupt.ts';

watchSignals();
// A reader that has seen enough (`lab plan nat | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

let exitCode: number = EXIT.done;
const cli = createCli((code) => {
  exitCode = code;
});
for (const command of [cli, ...cli.commands]) command.exitOverride();

try {
  await cli.parseAsync();
} catch (error) {
  exitCode = report(error);
}
process.exit(exitCode);

/** Prints an error once, with the mend; the stack only for what should never happen. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  const warn = (text: string) => process.stderr.write(`${text}\n`);
  if (!(error instanceof LabError)) {
    warn(
      `${pc.red('error:')} this is a defect of the tool itself\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return EXIT.labFailed;
  }
  warn(`${pc.red('error:')} ${error.message}`);
  if (error.mend !== undefined) warn(`${pc.yellow('mend: ')} ${error.mend}`);
  if (process.env['LVSLAB_DEBUG'] !== undefined && error.cause !== undefined)
    warn(`cause: ${inspect(error.cause)}`);
  return error instanceof Interrupted ? error.exitCode : error.code;
}
