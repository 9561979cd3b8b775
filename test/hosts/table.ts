import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Ends a run with a table: machine, variant, step, verdict, seconds. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap((module) => [...module.children.allTests()].map(row));
    const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((r) => r[column]?.length ?? 0)));
    process.stdout.write('\n');
    for (const cells of rows) {
      const text = cells.map((cell, column) =>
        column === 4 ? cell.padStart(7) : cell.padEnd(widths[column] ?? 0),
      );
      process.stdout.write(`${text.join('  ')}\n`);
    }
  }
}

function row(test: TestCase): string[] {
  const [machine = '', ...rest] = test.fullName.split(' > ');
  const step = rest.pop() ?? '';
  const { state } = test.result();
  return [machine, rest.join(', '), step, state, ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(0)];
}
