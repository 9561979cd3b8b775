import type { ClientLoad } from './load.ts';

/** What a load came to, all clients together. */
export interface LoadFigures {
  /** Seconds that the slowest client ran. */
  seconds: number;
  requests: number;
  /** Requests that were answered in a second. */
  rate: number;
  /** Bytes that came, headers included. */
  bytes: number;
  /** Milliseconds from a request's sending to its whole answer; null where nothing was answered. */
  latency: { p50: number; p75: number; p90: number; p99: number; max: number } | null;
  errors: LoadErrors;
  /** How many answers had an HTTP status that is not 2xx, by status. */
  statuses: Record<string, number>;
  /** By real server: those of the service first, each even where it answered nothing; `share` is a fraction of 1. */
  servers: { server: string; answers: number; share: number }[];
  /** Answers in each second from the start. */
  perSecond: Record<string, number>[];
}

export interface LoadErrors {
  /** Connections that were refused, or broke while the request was sent. */
  connect: number;
  /** Connections that broke before the answer had come. */
  read: number;
  /** Answers that came later than two seconds. */
  timeout: number;
  /** Answers whose HTTP status is not 2xx. */
  status: number;
  /** Connections that still waited for an answer at the end, for a second or longer. */
  unanswered: number;
}

/**
 * Adds up what the clients saw. Percentiles are of all requests together, not means of the clients' percentiles.
 * @param servers real servers of the service
 * @param asked seconds that the load was to last
 */
export function loadFigures(loads: ClientLoad[], servers: string[], asked: number): LoadFigures {
  const reports = loads.map((load) => load.report);
  const sum = (of: (load: ClientLoad) => number) => loads.reduce((total, load) => total + of(load), 0);
  const seconds = Math.max(...reports.map((report) => report.duration)) / 1e6;
  const requests = sum((load) => load.report.requests);
  const statuses = addUp(reports.map((report) => report.statuses));
  const answers = addUp(reports.map((report) => report.answers));
  const byServer = addUp(
    Object.entries(answers).map(([key, count]) => ({ [key.split(' ')[0] ?? '']: count })),
  );
  const names = [...new Set([...servers, ...Object.keys(byServer)])];
  const answered = total(answers);
  return {
    seconds,
    requests,
    rate: requests / seconds,
    bytes: sum((load) => load.report.bytes),
    latency: percentiles(reports.flatMap((report) => report.latency)),
    errors: {
      // wrk learns of a refused connection when it writes to it.
      connect: sum(({ report }) => report.errors.connect + report.errors.write),
      read: sum(({ report }) => report.errors.read),
      timeout: sum(({ report }) => report.errors.timeout),
      status: total(statuses),
      unanswered: sum((load) => load.waiting),
    },
    statuses,
    servers: names.map((server) => {
      const own = byServer[server] ?? 0;
      return { server, answers: own, share: answered === 0 ? 0 : own / answered };
    }),
    perSecond: Array.from({ length: asked }, (_, second) =>
      Object.fromEntries(names.map((server) => [server, answers[`${server} ${second}`] ?? 0])),
    ),
  };
}

/** Whether everything was answered as it should be. */
export function isFaultless({ requests, errors }: LoadFigures): boolean {
  return requests > 0 && Object.values(errors).every((count) => count === 0);
}

function addUp(counts: Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, count] of counts.flatMap((c) => Object.entries(c))) sums[key] = (sums[key] ?? 0) + count;
  return sums;
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The smallest time within which so many of a hundred requests were answered. */
function percentiles(pairs: [number, number][]): LoadFigures['latency'] {
  const sorted = pairs.toSorted(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, times]) => sum + times, 0);
  const last = sorted.at(-1);
  if (last === undefined) return null;
  const at = (percent: number) => {
    let left = Math.ceil((percent / 100) * count);
    const [microseconds] = sorted.find(([, times]) => (left -= times) <= 0) ?? last;
    return microseconds / 1000;
  };
  return { p50: at(50), p75: at(75), p90: at(90), p99: at(99), max: last[0] / 1000 };
}
