import { platform } from 'node:os';
import { EMBEDDED_PROCESSOR, hostProcessor, type Processor } from './processor.ts';

/** A kind of host; undefined: a processor on which no lab runs. */
interface HostKind {
  system: NodeJS.Platform;
  processor: Processor | undefined;
}

/** Whether the embedded kernel runs on a host of this kind; by default on this one. */
export function embeddedRuns(
  { system, processor }: HostKind = { system: platform(), processor: hostProcessor() },
): boolean {
  return system === 'linux' && processor === EMBEDDED_PROCESSOR;
}

/**
 * A fix, with the embedded machine as another one on hosts where that runs: nobody is sent where it cannot work.
 * @param other how it is said there
 */
export function orEmbedded(fix: string, other = 'or leave Docker out: --machine embedded'): string {
  // What ends with a command to copy has a line of its own after it.
  return embeddedRuns() ? `${fix}${fix.includes('\n') ? '\n' : '; '}${other}` : fix;
}
