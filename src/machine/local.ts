import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { systemPath } from '../host/programs.ts';
import { packageRoot } from '../host/paths.ts';
import type { Machine } from './machine.ts';

/**
 * This host, as root.
 * @param stateDirectory where the lab's records go
 * @param root image or directory that nodes get as their root file system
 */
export function localMachine(stateDirectory: string, root: string): Machine {
  return {
    kind: 'local',
    stateDirectory,
    root,
    agent: join(packageRoot, 'images', 'node-agent'),
    start(argv, { stdio, tty = false }) {
      const [program = '', ...rest] = argv;
      // Nothing of the user's own environment is a node's business.
      const env = {
        PATH: systemPath(),
        LVSLAB_PARENT: String(process.pid),
      };
      return spawn(program, rest, { stdio, env, detached: !tty });
    },
  };
}
