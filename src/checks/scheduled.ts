import { setTimeout } from 'node:timers/promises';
import type { PlannedService } from '../plan/types.ts';
import { parseScheduled } from '../proof/one-packet.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What the directors have scheduled to each real server of a service, by `ADDRESS:PORT`. */
export type Scheduled = Map<string, number>;

/** The kernel adds up its counters every two seconds (net/netfilter/ipvs/ip_vs_est.c). In milliseconds. */
const LAG = 2_200;
const LONGEST = 4 * LAG;
const POLL = 300;

/** What was scheduled before now, all of it; nothing for a service without one-packet scheduling, which has a table. */
export async function scheduledSoFar(runtime: Runtime, service: PlannedService): Promise<Scheduled> {
  let counts = await read(runtime, service);
  if (service.onePacket !== true) return counts;
  for (let waited = 0; waited < LONGEST; waited += LAG) {
    await setTimeout(LAG);
    const later = await read(runtime, service);
    if (total(later) === total(counts)) return later;
    counts = later;
  }
  return counts;
}

/** The same once so many more are counted, or are not for long. */
export async function scheduledSince(
  runtime: Runtime,
  service: PlannedService,
  before: Scheduled,
  more: number,
): Promise<Scheduled> {
  for (let waited = 0; ; waited += POLL) {
    const counts = await read(runtime, service);
    const enough = total(counts) >= total(before) + more;
    if (service.onePacket !== true || enough || waited >= LONGEST) return counts;
    await setTimeout(POLL);
  }
}

async function read(runtime: Runtime, service: PlannedService): Promise<Scheduled> {
  const sums: Scheduled = new Map();
  if (service.onePacket !== true) return sums;
  const argv = ['ipvsadm', '-Ln', '--stats', '--exact'];
  for (const { stdout } of await runtime.exec(service.directors.map((node) => ({ node, argv }))))
    for (const [server, count] of parseScheduled(stdout.toString(), service))
      sums.set(server, (sums.get(server) ?? 0) + count);
  return sums;
}

function total(counts: Scheduled): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
