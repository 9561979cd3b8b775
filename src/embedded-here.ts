import { platform } from 'node:os';
import { hostProcessor, type Processor } from './machine/processor.ts';

/** Whether the embedded kernel runs on a host of this kind; by default on this one. */
export function embeddedRuns(
  system: NodeJS.Platform = platform(),
  processor: Processor | undefined = hostProcessor(),
): boolean {
  return system === 'linux' && processor === 'amd64';
}

/**
 * A fix, with the embedded machine as another one on hosts where that runs: nobody is sent where it cannot work.
 * @param other how it is said there
 */
export function orEmbedded(fix: string, other = 'or leave Docker out: --machine embedded'): string {
  // What ends with a command to copy has a line of its own after it.
  return embeddedRuns() ? `${fix}${fix.includes('\n') ? '\n' : '; '}${other}` : fix;
}
