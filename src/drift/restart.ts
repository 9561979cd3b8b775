import { renderStep } from '../plan/render.ts';
import type { Command } from '../plan/command.ts';
import type { DaemonStep } from '../plan/steps.ts';

/** Commands that end a daemon, where it runs, and start it anew. */
export function restart(daemon: DaemonStep): Command[] {
  const stop = ['start-stop-daemon', '--stop', '--oknodo', '--quiet', '--retry', '5'];
  return [{ argv: [...stop, '--pidfile', daemon.pidfile] }, ...renderStep(daemon)];
}
