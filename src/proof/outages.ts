/** What became of a request, as far as it matters here. */
export interface RequestOutcome {
  /** Milliseconds since 1970. */
  began: number;
  ended: number;
  /** Who answered; undefined: it failed. */
  server: string | undefined;
  error: string;
}

/** A time in which requests failed, maybe not all of them. */
export interface Outage {
  /** When the first request that failed began; milliseconds since 1970. */
  from: number;
  /** When the last one that failed was given up. */
  until: number;
  failed: number;
  /** Requests that were answered in between. */
  answered: number;
  /** What was wrong, each once. */
  errors: string[];
  /** Whether it was over: enough requests were answered afterwards. */
  over: boolean;
  /** When the first request after it was answered, of one that is over. */
  recovered?: number;
}

/** Requests in a row that are answered before a time of failures counts as over. */
export const RECOVERED = 10;

/** Follows requests as they come, and finds the times in which they fail. */
export interface OutageFinder {
  /** In order; the last one may still grow. */
  found: Outage[];
  next: (request: RequestOutcome) => void;
}

/**
 * Finds the times in which requests failed. One that answers half of the requests is a single one.
 * @param begins called when one begins
 * @param ends called when one is over, with the end of the first request that was answered after it
 */
export function outageFinder(
  begins: (outage: Outage) => void = () => undefined,
  ends: (outage: Outage, answered: number) => void = () => undefined,
): OutageFinder {
  const found: Outage[] = [];
  let open: Outage | undefined;
  let good: number[] = [];
  const next = ({ began, ended, server, error }: RequestOutcome) => {
    if (server !== undefined) {
      if (open === undefined) return;
      good.push(ended);
      if (good.length < RECOVERED) return;
      open.over = true;
      open.recovered = good[0] ?? ended;
      ends(open, open.recovered);
      open = undefined;
    } else if (open === undefined) {
      open = { from: began, until: ended, failed: 1, answered: 0, errors: [error], over: false };
      found.push(open);
      begins(open);
    } else {
      open.answered += good.length;
      open.failed += 1;
      open.until = ended;
      if (!open.errors.includes(error)) open.errors.push(error);
    }
    good = [];
  };
  return { found, next };
}

/** The times in which requests failed, of all that were sent. */
export function outages(requests: RequestOutcome[]): Outage[] {
  const finder = outageFinder();
  requests.forEach(finder.next);
  return finder.found;
}
