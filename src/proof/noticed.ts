/** Something that happened to a lab, as far as it matters here. */
interface Happened {
  /** ISO 8601. */
  time: string;
  source: string;
  node: string;
  text: string;
}

/** What was done to a lab, and what came of it in a director's table. */
export interface Noticed {
  /** What was done. */
  action: string;
  /** What changed in the table first, before anything else was done; undefined: nothing did. */
  change: string | undefined;
  /** Seconds from the one to the other. */
  seconds: number | undefined;
}

/**
 * What became of each thing that was done.
 * @param events in the order of their times
 */
export function noticed(events: Happened[]): Noticed[] {
  return events.flatMap((event, index) => {
    if (event.source !== 'action') return [];
    const later = events.slice(index + 1);
    const next = later.findIndex((other) => other.source === 'action');
    const change = (next < 0 ? later : later.slice(0, next)).find(({ source }) => source === 'ipvs');
    return [
      {
        action: event.text,
        change: change === undefined ? undefined : `${change.node}: ${change.text}`,
        seconds: change === undefined ? undefined : (Date.parse(change.time) - Date.parse(event.time)) / 1000,
      },
    ];
  });
}
