import type { ChildProcess, StdioOptions } from 'node:child_process';
import * as z from 'zod/mini';

/** What a finished command left behind. */
export interface Finished {
  /** Exit code; 128 + signal number where a signal ended it, as a shell counts. */
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** Where commands run, as root: this host, the embedded kernel, or another host. Knows nothing of nodes. */
export interface Machine {
  readonly kind: MachineKind;
  /** A directory on the machine that ends with the lab, or with the machine. */
  readonly stateDirectory: string;
  /**
   * Directory that nodes get as their root file system, read-only beneath a layer of their own; or an ext2 image of
   * it.
   */
  readonly root: string;
  /** Path of `node-agent` on the machine. */
  readonly agent: string;
  /**
   * Starts a command with live streams. `tty` gives it a terminal of its own where stdin is one; else it is out of reach
   * of this process's terminal, whose Ctrl-C is for this process to answer. It ends with this process.
   */
  start(argv: string[], options: { stdio: StdioOptions; tty?: boolean }): ChildProcess;
}

export const MACHINE_KINDS = ['local', 'embedded'] as const;
export type MachineKind = (typeof MACHINE_KINDS)[number] | 'remote';

/** Another host, reached by the user's own ssh. */
export type RemoteName = `ssh://${string}`;

export const machineNameSchema = z.union([z.enum(MACHINE_KINDS), z.templateLiteral(['ssh://', z.string()])]);
/** What a user names a machine by. */
export type MachineName = z.infer<typeof machineNameSchema>;

export function isRemote(machine: MachineName): machine is RemoteName {
  return machine.startsWith('ssh://');
}
