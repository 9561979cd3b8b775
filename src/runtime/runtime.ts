import type { RuntimeKind } from '../records/runtime-kinds.ts';
import type { StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Plan } from '../plan/types.ts';

import type { Finished } from '../machine/machine.ts';

/**
 * First words of commands that an agent carries out itself, in one process for all nodes that it is asked about at once: a program on
 * each of them would take longer to start than the work. Their arguments are in the agent's head.
 */
export type OwnWork = ':capture' | ':forget' | ':sparse';

/** A command to run on a node. */
export interface Job {
  node: string;
  argv: string[];
  input?: string;
}

/** A command that goes on until it is released, and what it leaves on its node until then. */
export interface HeldJob extends Job {
  /** It is at work once it has written this to stderr; absent: once it has ended, with exit code 0. */
  ready?: string;
  /** Bytes that a file which it writes may have at most, its output is one: it ends where more would come. */
  most?: number;
  /** Paths on the node that are removed when it is released. */
  files?: string[];
}

/** Something on nodes that lasts until it is ended, or this process ends, however it does. */
export interface Lease<T> {
  end: () => Promise<T>;
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
  /** It is in no process group of the terminal's: what is typed there reaches it only through `kill`. */
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
  /**
   * Starts commands on nodes, all at once, and returns when all are at work. Released, they are interrupted (SIGINT),
   * and what each left behind is returned, in the same order; when this process dies, they end with their files.
   * @throws LabError labFailed where one does not get to work: then none goes on
   */
  hold(jobs: HeldJob[]): Promise<Lease<Finished[]>>;
  /**
   * Waits until no other command, of this host or another, has the lab's turn, nor what is left of one that was killed
   * goes on.
   * @param onWait called once where it has to be waited for
   */
  turn(onWait: () => void): Promise<Lease<void>>;
  /**
   * Starts one command on a node with live streams; with `tty`, in a terminal of its own. It ends soon after this
   * process, however that ends.
   */
  start(node: string, argv: string[], options: { stdio: StdioOptions; tty?: boolean }): Running;
}
