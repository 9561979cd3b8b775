import { weightedLeast } from './least.ts';
import type { ServerLoad } from './load.ts';
import type { ServerChoice, SchedulerRule } from './rule.ts';

/** More servers than this have too many subsets to follow. */
const MOST_FOLLOWED = 8;

/** Remembers one real server for a VIP: its index plus one, or 0 for none yet. */
export const lblc: SchedulerRule = {
  promise:
    'to the VIP’s own real server, until that had more open than its weight and another had less than half of its own',
  start: (servers) => [0, ...servers.map((_, index) => index + 1)],
  next: (memory, servers) => {
    const own = servers[memory - 1];
    if (own !== undefined && own.weight > 0 && !overloaded(own, servers))
      return [{ server: memory - 1, memory }];
    return weightedLeast(servers).map((server) => ({
      server,
      memory: server === undefined ? memory : server + 1,
    }));
  },
};

/** Remembers a set of real servers for a VIP, a bit for each. */
export const lblcr: SchedulerRule = {
  promise:
    'to the least busy of the VIP’s own real servers, another joining when that had more open than its weight and the other less than half',
  start: (servers) =>
    servers.length > MOST_FOLLOWED ? [] : Array.from({ length: 2 ** servers.length }, (_, set) => set),
  next: (memory, servers) => {
    const own = servers.map((server, index) => ((memory >> index) & 1 ? server : { ...server, weight: 0 }));
    return weightedLeast(own).flatMap((server): ServerChoice[] => {
      const best = server === undefined ? undefined : servers[server];
      if (best !== undefined && !overloaded(best, servers)) return [{ server, memory }];
      return weightedLeast(servers).map((joining) => ({
        server: joining,
        memory: joining === undefined ? memory : memory | (1 << joining),
      }));
    });
  },
};

function overloaded(server: ServerLoad, servers: ServerLoad[]): boolean {
  return server.active > server.weight && servers.some((other) => other.active * 2 < other.weight);
}
