import * as z from 'zod/mini';

export const measuredSchema = z.object({
  /** Seconds from the order to the first answers, with nothing else to do. */
  seconds: z.number(),
  /** MiB of physical memory once it is up and was tested. */
  memory: z.number(),
});
/** What one seat took on this machine. */
export type Measured = z.infer<typeof measuredSchema>;

export interface Needs {
  /** Seats that are still to be brought up. */
  seats: number;
  /** MiB that they will take once up and tested. */
  memory: number;
  /** MiB that they take where students fill every one of them. */
  most: number;
  /** MiB that this machine has to give. */
  available: number;
  /** Seconds until the last is up. */
  seconds: number;
  /** Seats that memory is enough for. */
  fit: number;
}

/** A part of the memory stays for whatever else runs here. */
const SHARE = 0.9;

/**
 * What further seats need, reckoned from one.
 * @param ceiling MiB that a seat's kernel may use at most
 * @param processors seats are started side by side, but no faster than there are processors
 */
export function needsOf(
  seats: number,
  measured: Measured,
  { available, ceiling, processors }: { available: number; ceiling: number; processors: number },
): Needs {
  return {
    seats,
    memory: Math.ceil(seats * measured.memory),
    most: Math.ceil(seats * Math.max(ceiling, measured.memory)),
    available: Math.floor(available),
    seconds: (seats * measured.seconds) / Math.max(1, processors),
    fit: Math.min(seats, Math.floor((SHARE * available) / Math.max(1, measured.memory))),
  };
}

/** `1.4 GB`, `63 MB`: of MiB, as people read them. */
export function megabytes(mebibytes: number): string {
  return mebibytes < 1000 ? `${Math.round(mebibytes)} MB` : `${(mebibytes / 1024).toFixed(1)} GB`;
}

/** `39 more seats: about 2.4 GB of 23.0 GB, and 40 s`. */
export function needsText({ seats, memory, available, seconds }: Needs, measured: Measured): string {
  return (
    `${seats} more ${seats === 1 ? 'seat' : 'seats'}: about ${megabytes(memory)} of ${megabytes(available)} that are free, ` +
    `and ${Math.max(1, Math.round(seconds))} s (one took ${megabytes(measured.memory)} and ${measured.seconds.toFixed(1)} s)`
  );
}
