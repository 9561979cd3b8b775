import { interruptSignal } from './interrupt.ts';

/**
 * Works on items, so many at once. Each comes to its own end, when interrupted too: nothing is thrown before that, and
 * the interruption first.
 */
export async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && !interruptSignal.aborted; item = waiting.shift())
      await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  interruptSignal.throwIfAborted();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
