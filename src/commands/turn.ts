import type { RunningLab } from './existing.ts';

/** Milliseconds for what is left of a command that was interrupted to end. */
const MOMENT = 300;

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
    return await work();
  } finally {
    await turn.end();
  }
}
