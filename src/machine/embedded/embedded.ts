import type { Machine } from '../machine.ts';
import { startOnLine } from './line.ts';

/** The embedded kernel that was booted for the lab in `directory`. */
export function embeddedMachine(directory: string): Machine {
  return {
    kind: 'embedded',
    stateDirectory: '/run/lvslab',
    root: '/',
    agent: '/usr/lib/lvslab/node-agent',
    start: (argv, options) => startOnLine(directory, argv, options),
  };
}
