import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { EXIT } from '../errors.ts';
import { hasTerminal, untilForeground } from '../machine/foreground.ts';
import { takeSignals } from '../host/interrupt.ts';
import { noteActivity } from '../records/test.ts';
import { visible } from '../terminal/visible.ts';
import { carryOut, mustCarry, outputFailure } from '../terminal/standard-output.ts';
import { findNode } from '../lifecycle/existing.ts';

/**
 * Runs a command on a node with this process's own streams. What is typed at a terminal is read only in its foreground.
 * @param terminal give it a terminal where stdin is one
 * @returns the command's exit code, 128 + signal number where a signal ended it
 * @throws LabError machineCannot where its output could not be written
 */
export async function exec(reference: string, argv: string[], terminal: boolean): Promise<number> {
  const { record, runtime, node } = await findNode(reference);
  noteActivity(record.name);
  const tty = terminal && process.stdin.isTTY && process.stdout.isTTY;
  if (tty) await untilForeground();
  // A terminal is not handed on: whoever gets it reads what is typed, in the background too.
  const input = tty || !process.stdin.isTTY ? 'inherit' : hasTerminal() ? 'pipe' : 'ignore';
  const child = runtime.start(node, argv, {
    stdio: [input, mustCarry() ? 'pipe' : 'inherit', 'inherit'],
    tty,
  });
  const carried = child.stdout === null ? undefined : carryOut(child.stdout);
  let asked: NodeJS.Signals | undefined;
  // With a terminal of its own the command gets what is typed, Ctrl-C too; else this process passes signals on.
  takeSignals(['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'], (signal) => {
    if (tty && child.apart !== true && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    asked = signal;
    child.kill(signal);
  });
  if (tty) takeSignals(['SIGTSTP'], () => undefined);
  if (child.stdin !== null) typeInto(child.stdin);
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`lab: ${visible(error.message)}\n`);
      resolve(EXIT.execFailed);
    });
    child.once('exit', (code, signal) => {
      const by = signal ?? (code === SSH_FAILED ? asked : undefined);
      resolve(by === undefined ? (code ?? EXIT.execFailed) : 128 + constants.signals[by]);
    });
  });
  await carried;
  const lost = await outputFailure();
  if (lost !== undefined) throw lost;
  return code;
}

/** Milliseconds from look to look whether a job in the background has come to the foreground. */
const LOOK = 200;

/** Exit code of an ssh client that did not come to the command's own end, as where a signal ended it. */
const SSH_FAILED = 255;

/** Passes on what is typed, as long as this process has the terminal: not in the background after Ctrl-Z and `bg`. */
function typeInto(stdin: Writable): void {
  // A command may end before it has read all of its input.
  stdin.on('error', () => undefined);
  process.stdin.pipe(stdin);
  takeSignals(['SIGTSTP'], () => {
    process.stdin.unpipe(stdin);
    process.stdin.pause();
    process.kill(process.pid, 'SIGSTOP');
  });
  let looking: NodeJS.Timeout | undefined;
  const readOn = () => {
    clearTimeout(looking);
    // `fg` tells a job that runs nothing.
    if (hasTerminal()) process.stdin.pipe(stdin);
    else looking = setTimeout(readOn, LOOK).unref();
  };
  takeSignals(['SIGCONT'], readOn);
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
