/** What a command left behind at a seat. */
export interface SeatOutput {
  seat: string;
  /** Undefined where it could not be run. */
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/** Seats at which a command did the same. */
export interface OutputGroup extends Omit<SeatOutput, 'seat'> {
  seats: string[];
}

/** Equal outputs once, what most seats have first. */
export function groupOutputs(outputs: readonly SeatOutput[]): OutputGroup[] {
  const groups: OutputGroup[] = [];
  for (const { seat, ...output } of outputs) {
    const same = groups.find(
      (g) => g.code === output.code && g.stdout === output.stdout && g.stderr === output.stderr,
    );
    if (same === undefined) groups.push({ ...output, seats: [seat] });
    else same.seats.push(seat);
  }
  return groups.sort((a, b) => b.seats.length - a.seats.length);
}
