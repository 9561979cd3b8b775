import type { Scheduler } from '../../topology/types.ts';
import { lblc, lblcr } from './locality.ts';
import { among, least, overhead, weightedLeast } from './least.ts';
import type { ServerLoad } from './load.ts';
import type { SchedulerRule } from './rule.ts';

/** Schedulers that choose by what is open, and by weight: what they do shows only with connections that stay. */
export const HELD_RULES: Partial<Record<Scheduler, SchedulerRule>> = {
  lc: forgetful('to a real server with the fewest open', (servers) => least(servers, overhead, () => 1)),
  wlc: forgetful('to a real server with the fewest open for its weight', weightedLeast),
  sed: forgetful('where (open + 1) / weight was least', shortestDelay),
  nq: forgetful('to an idle real server, else where (open + 1) / weight was least', (servers) => {
    const idle = among(servers, (server) => server.active === 0);
    return idle.length > 0 ? idle : shortestDelay(servers);
  }),
  fo: {
    promise: 'to the real server with the highest weight',
    start: () => [0],
    // Of several, always the same; with limits, which of them comes first can change as one empties.
    next: (memory, servers) => {
      const highest = heaviest(servers);
      const same = highest.filter((server) => server !== undefined && server === memory - 1);
      const limited = servers.some((server) => server.upper !== undefined);
      return (same.length > 0 && !limited ? same : highest).map((server) => ({
        server,
        memory: server === undefined ? memory : server + 1,
      }));
    },
  },
  ovf: forgetful('to the highest weight until it held more connections than that', (servers) =>
    // Source: ip_vs_ovf.c. It counts before the new connection, so a server holds one more than its weight.
    heaviest(servers.map((s) => (s.active > s.weight ? { ...s, full: 'yes' as const } : s))),
  ),
  lblc,
  lblcr,
  // Any may be drawn twice: what of it can be judged is in lots.ts.
  twos: forgetful('to the less busy for its weight of two that were drawn by lot', (servers) =>
    among(servers, () => true),
  ),
};

/** Any real server that is not full: what limits promise whatever the scheduler. */
export const ANY_WITH_ROOM: SchedulerRule = forgetful('to a real server below its limit', (servers) =>
  among(servers, () => true),
);

function forgetful(
  promise: string,
  choose: (servers: ServerLoad[]) => (number | undefined)[],
): SchedulerRule {
  return {
    promise,
    start: () => [0],
    next: (memory, servers) => choose(servers).map((server) => ({ server, memory })),
  };
}

function shortestDelay(servers: ServerLoad[]): (number | undefined)[] {
  return least(
    servers,
    ({ active }) => ({ least: active + 1, most: active + 1 }),
    (server) => server.weight,
  );
}

function heaviest(servers: ServerLoad[]): (number | undefined)[] {
  const certain = servers.filter((server) => server.weight > 0 && server.full === 'no');
  return among(servers, (server) => certain.every((other) => server.weight >= other.weight));
}
