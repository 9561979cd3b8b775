import type { ChildProcess, StdioOptions } from 'node:child_process';
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
  state: 'running' | 'dead';
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
  /** Runs commands on nodes, all at once, and returns what each left behind, in the same order. */
  exec(jobs: Job[]): Promise<Finished[]>;
  /** Starts one command on a node with live streams; with `tty`, in a terminal of its own. */
  start(node: string, argv: string[], options: { stdio: StdioOptions; tty?: boolean }): ChildProcess;
}

export const RUNTIME_KINDS = ['netns'] as const;
export type RuntimeKind = (typeof RUNTIME_KINDS)[number];
