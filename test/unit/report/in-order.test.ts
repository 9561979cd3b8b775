import { expect, it, vi } from 'vitest';
import { eventsInOrder, whileInOrder } from '../../../src/report/in-order.ts';

it('passes events on in the order of their times, also one that is known late', () => {
  vi.useFakeTimers({ now: 0 });
  try {
    const passed: string[] = [];
    const events = eventsInOrder<{ time: string }>(1300, ({ time }) => passed.push(time));
    const at = (ms: number) => ({ time: new Date(ms).toISOString() });
    vi.setSystemTime(4270);
    events.add(at(4220));
    events.add(at(4270));
    vi.advanceTimersByTime(800);
    events.add(at(4060));
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(passed).toEqual([at(4060), at(4220), at(4270)].map(({ time }) => time));
    events.add(at(9000));
    events.end();
    expect(passed.at(-1)).toBe(at(9000).time);
  } finally {
    vi.useRealTimers();
  }
});

it.each([
  ['comes to its end', () => Promise.resolve('done')],
  ['throws', () => Promise.reject(new Error('the lab has gone'))],
])('prints what it holds back when the work %s', async (_, end) => {
  const passed: string[] = [];
  const work = whileInOrder<{ time: string }, string>(
    60_000,
    ({ time }) => passed.push(time),
    (add) => {
      add({ time: '2' });
      add({ time: '1' });
      return end();
    },
  );
  expect(await work.catch((error: unknown) => (error as Error).message)).toMatch(/done|the lab has gone/);
  expect(passed).toEqual(['1', '2']);
});
