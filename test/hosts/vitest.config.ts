import { defineConfig } from 'vitest/config';

// Apart from `npm test`: it takes an hour.
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ['test/hosts/**/*.test.ts'],
    reporters: ['verbose', 'test/hosts/table.ts', 'test/counts.ts'],
    setupFiles: ['test/hosts/tied.ts'],
    maxWorkers: 1,
    fileParallelism: false,
    // Each script has its own limit.
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
  },
});
