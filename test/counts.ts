import { dirname, relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with the time of each folder and one plain line of counts. */
export default class Counts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const folders = new Map<string, number>();
    let broken = 0;
    for (const module of modules) {
      const folder = dirname(relative(process.cwd(), module.moduleId));
      folders.set(folder, (folders.get(folder) ?? 0) + module.diagnostic().duration);
      for (const part of [module, ...module.children.allSuites()]) if (part.errors().length > 0) broken += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'pending') continue;
        counts[state] += 1;
      }
    }
    const say = (text: string) => process.stdout.write(`${text}\n`);
    say('');
    for (const [folder, time] of [...folders].sort())
      say(`${folder}: ${(time / 1000).toFixed(1)} s in its tests`);
    // A file that could not be loaded, or a group that could not be set up, ran no test, and is a failure all the same.
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    say(`${counts.passed} passed, ${counts.failed + broken} failed${skipped}`);
  }
}
