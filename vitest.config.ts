import { defineConfig } from 'vitest/config';

/** What waits for VRRP or health checks: their own times are missed where others have the processors. */
const TIMED = [
  'test/lab/availability/**/*.test.ts',
  'test/lab/exercises/availability.test.ts',
  'test/lab/cases/health.test.ts',
  'test/lab/docker/modes.test.ts',
];

/** Unit tests that change what all files of a worker share: modules, what those read as they load, the current folder. */
const ALONE = [
  'test/unit/report/text.test.ts',
  'test/unit/terminal/progress.test.ts',
  'test/unit/machine/elsewhere.test.ts',
  'test/unit/commands/new.test.ts',
  'test/unit/files/topology-file.test.ts',
];

const unit = {
  // Some try thousands of inputs, and a machine may be busy.
  testTimeout: 60_000,
  sequence: { groupOrder: 0 },
  setupFiles: ['test/unit/leaves-no-trace.ts'],
};

/** The kernel of embedded labs where a test does not say: the one made for them, or Debian's (`debian`). */
const kernel = process.env['LVSLAB_TEST_KERNEL'] ?? 'lab';

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
          ...unit,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: ALONE,
          // A worker of its own for each of 150 files costs as much time as their tests.
          isolate: false,
        },
      },
      { test: { ...unit, name: 'unit-alone', include: ALONE } },
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
