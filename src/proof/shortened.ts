/** The first of some lines; where that leaves some out, a last line says how many. */
export function shortened(lines: string[], most: number, what = 'more'): string[] {
  const left = lines.length - most;
  // A line that says "1 more" takes as much room as that one.
  return left <= 1 ? lines : [...lines.slice(0, most), `… and ${left} ${what}`];
}
