import { paint } from './paint.ts';
import { visibleLine } from './visible.ts';

/** What stands before a row that says how something came out. */
export const MARK = { pass: paint.green('✔'), fail: paint.red('✘'), unknown: paint.yellow('?') };

/** Rows of columns, each as wide as its widest cell; cells without colours. */
export function columns(cells: string[][]): string {
  const rows = cells.map((row) => row.map(visibleLine));
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, index) => Math.max(all[index] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
