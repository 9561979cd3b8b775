import { defineConfig } from 'vitest/config';

/** What waits for VRRP or health checks: their own times are missed where others have the processors. */
const TIMED = [
  'test/lab/availability/**/*.test.ts',
  'test/lab/exercises/availability.test.ts',
  'test/lab/cases/health.test.ts',
  'test/lab/docker/modes.test.ts',
];

/** The kernel of embedded labs: Debian's, or the one that is made for them, which the setup then makes. */
const kernel = process.env['LVSLAB_TEST_KERNEL'] ?? 'debian';

const lab = {
  env: { LVSLAB_KERNEL: kernel },
  // A lab takes two seconds; a machine that is busy with other things, many times that.
  testTimeout: 120_000,
  hookTimeout: 600_000,
  globalSetup: 'test/lab/setup.ts',
};

export default defineConfig({
  test: {
    reporters: ['default', './test/counts.ts'],
    // One after another: two cores are few for all at once.
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
          ...lab,
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: TIMED,
          sequence: { groupOrder: 1 },
          // Most of the time each waits for something.
          maxWorkers: 3,
        },
      },
      {
        test: { ...lab, name: 'lab-timed', include: TIMED, sequence: { groupOrder: 2 }, maxWorkers: 2 },
      },
    ],
  },
});
