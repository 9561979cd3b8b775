import { afterAll, beforeAll, expect, vi } from 'vitest';

/** What all files of a worker share, and a file has to leave as it was: its environment, folder and clock. */
const shared = () => ({ ...process.env, folder: process.cwd(), 'fake clock': String(vi.isFakeTimers()) });

let before: Record<string, string | undefined>;
beforeAll(() => {
  before = shared();
});
afterAll(() => {
  const after: typeof before = shared();
  vi.unstubAllEnvs();
  vi.useRealTimers();
  const changed = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
  expect(changed, 'what this file changed for those after it').toEqual([]);
});
