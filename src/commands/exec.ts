import { constants } from 'node:os';
import { EXIT } from '../errors.ts';
import { noteActivity } from '../test-record.ts';
import { visible } from '../report/visible.ts';
import { carryOut, mustCarry, outputFailure } from '../standard-output.ts';
import { findNode } from './existing.ts';

/**
 * Runs a command on a node with this process's own streams.
 * @param terminal give it a terminal where stdin is one
 * @returns the command's exit code, 128 + signal number where a signal ended it
 * @throws LabError machineCannot where its output could not be written
 */
export async function exec(reference: string, argv: string[], terminal: boolean): Promise<number> {
  const { record, runtime, node } = await findNode(reference);
  noteActivity(record.name);
  const tty = terminal && process.stdin.isTTY && process.stdout.isTTY;
  const child = runtime.start(node, argv, {
    stdio: ['inherit', mustCarry() ? 'pipe' : 'inherit', 'inherit'],
    tty,
  });
  const carried = child.stdout === null ? undefined : carryOut(child.stdout);
  // The command gets the terminal's signals itself; this process waits for what becomes of it.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (child.apart === true) child.kill(signal);
    });
  }
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`lab: ${visible(error.message)}\n`);
      resolve(EXIT.execFailed);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  await carried;
  const lost = await outputFailure();
  if (lost !== undefined) throw lost;
  return code;
}

/** What `lab shell` runs: an interactive shell that says where it is. */
export function shellCommand(lab: string, node: string): string[] {
  return [
    'bash',
    '--norc',
    '--noprofile',
    '-c',
    `export PS1='${lab}/${node}:\\w# '; exec bash --norc --noprofile -i`,
  ];
}
