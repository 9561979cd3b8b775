import type { StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Plan } from '../plan/types.ts';

import type { Finished } from '../machine/machine.ts';

/** A command to run on a node. */
export interface Job {
  node: string;
  argv: string[];
  input?: string;
}

export interface NodeState {
  node: string;
  /** `restarted`: it runs, but has lost its wiring and configuration; `revive` gives it the wiring back. */
  state: 'running' | 'restarted' | 'dead';
}

/** A command with live streams: what of a child process is used of it. */
export interface Running {
  /** Null where it was given a stream of this process. */
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  kill(signal?: NodeJS.Signals): boolean;
  /** It is in no process group of this host's: the terminal's signals reach it only through `kill`. */
  readonly apart?: boolean;
  /** `exit`: it has ended; `close`: its streams too. */
  once(
    event: 'exit' | 'close',
    listener: (code: number | null, signal: NodeJS.Signals | null) => void,
  ): unknown;
  once(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * How the nodes of one lab are made and reached on a machine. The narrow seam of the project: what is not here, is
 * done by commands on nodes.
 */
export interface Runtime {
  readonly kind: RuntimeKind;
  /** Makes networks and nodes and wires them; nothing on them is configured yet. A failure leaves what `destroy` ends. */
  create(plan: Plan): Promise<void>;
  /** Ends every process, network and file of the lab, however far `create` got. Harmless where there is nothing. */
  destroy(): Promise<void>;
  states(): Promise<NodeState[]>;
  /**
   * Starts and wires anew the nodes that have ended or were restarted by hand, where that can be done.
   * @returns their names; the plan's steps are to be carried out on them again
   */
  revive(plan: Plan): Promise<string[]>;
  /** Runs commands on nodes, all at once, and returns what each left behind, in the same order. */
  exec(jobs: Job[]): Promise<Finished[]>;
  /** Starts one command on a node with live streams; with `tty`, in a terminal of its own. */
  start(node: string, argv: string[], options: { stdio: StdioOptions; tty?: boolean }): Running;
}

export const RUNTIME_KINDS = ['docker', 'netns'] as const;
export type RuntimeKind = (typeof RUNTIME_KINDS)[number];
