import pc from 'picocolors';

/** What stands before a row that says how something came out. */
export const MARK = { pass: pc.green('✔'), fail: pc.red('✘'), unknown: pc.yellow('?') };

/** Rows of columns, each as wide as its widest cell. */
export function columns(rows: string[][]): string {
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
