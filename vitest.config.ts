import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/counts.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          sequence: { groupOrder: 0 },
          // Some try thousands of inputs, and a machine may be busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'lab',
          // After the unit tests: two cores are few for both at once.
          sequence: { groupOrder: 1 },
          include: ['test/lab/**/*.test.ts'],
          // A lab takes two seconds; a machine that is busy with other things, many times that.
          testTimeout: 120_000,
          hookTimeout: 600_000,
          globalSetup: 'test/lab/setup.ts',
          // With more at once, what VRRP and health checks do in time is late by the others' doing.
          maxWorkers: 2,
        },
      },
    ],
  },
});
