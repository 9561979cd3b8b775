import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted } from '../host/interrupt.ts';
import type { RunningLab } from './existing.ts';

/** Milliseconds for what is left of a command that was interrupted to end. */
const MOMENT = 300;
/** Milliseconds for packets of the one before to arrive: what is captured of its connections alone would say nothing. */
const ON_THEIR_WAY = 1000;

/**
 * Does what cannot be done twice at once in a lab: the traffic of one test would be counted in the other, and who makes
 * the nodes forget their neighbours disturbs it. Waits until it has the lab to itself, and says so in a line on stderr.
 */
export async function inTurn<T>({ record, runtime }: RunningLab, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const turn = await runtime
    .turn(() => {
      timer = setTimeout(() => {
        process.stderr.write(`lab: another command is at work in lab ${record.name}; waiting for it\n`);
      }, MOMENT);
    })
    .finally(() => {
      clearTimeout(timer);
    });
  try {
    if (timer !== undefined) await Promise.race([sleep(ON_THEIR_WAY), interrupted]);
    return await work();
  } finally {
    await turn.end();
  }
}
