import type { ServerLoad } from './load.ts';

/**
 * A scheduler as the kernel's source has it (net/netfilter/ipvs/ip_vs_NAME.c), as far as what it may do next can be
 * known from outside: what it remembers is a number of its own, and where several servers are equal, any may be next.
 */
export interface SchedulerRule {
  /** What it does, in the words of a check that passed: `each went …`. */
  promise: string;
  /** Everything that it may remember before the first connection. */
  start: (servers: ServerLoad[]) => number[];
  next: (memory: number, servers: ServerLoad[]) => ServerChoice[];
}

/** One thing that may become of the next connection. */
export interface ServerChoice {
  /** Index of a real server; undefined: refused. */
  server: number | undefined;
  memory: number;
}
