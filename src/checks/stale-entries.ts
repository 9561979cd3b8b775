import { isProxied } from '../plan/haproxy.ts';
import { isSameService } from '../plan/service-name.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { walks } from '../proof/path.ts';
import type { Observation } from '../proof/types.ts';
import { judgeStale, staleEntries, type StaleEntry, type TriedEntry } from '../proof/stale-entries.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { serviceTables } from '../traffic/held.ts';
import { askFrom } from '../traffic/requests.ts';

/** Datagrams go out at once, so many cost no more time than one. */
const MOST = 64;
/** A datagram renews an entry whose real server is in the table: of those, so many of one client and server. */
const MOST_RENEWED = 4;

/** A service, and what became of datagrams from ports whose entry leads to a real server of it that is out. */
export interface Stale {
  service: PlannedService;
  tried: TriedEntry[];
}

/**
 * Sends a datagram from each client port whose entry leads to a real server that is out. A test asks from new ports
 * otherwise, and would never meet what happens to a client that keeps its port.
 */
export async function tryStaleEntries(plan: Plan, runtime: Runtime): Promise<Stale[]> {
  const all: Stale[] = [];
  for (const service of plan.services)
    if (service.protocol === 'udp' && service.onePacket !== true && !isProxied(service))
      all.push({ service, tried: await tryService(plan, runtime, service) });
  return all;
}

/** A check for each service that has such entries. */
export function staleChecks(
  plan: Plan,
  stale: Stale[],
  observations: Observation[],
): { service: PlannedService; check: Check }[] {
  const all = stale.filter(({ tried }) => tried.length > 0);
  if (all.length === 0) return [];
  const found = walks(plan, observations);
  return all.map(({ service, tried }) => ({
    service,
    check: judgeStale(
      service,
      tried,
      found.filter((walk) => isSameService(walk.service, service)),
    ),
  }));
}

async function tryService(plan: Plan, runtime: Runtime, service: PlannedService): Promise<TriedEntry[]> {
  const tables = await serviceTables(runtime, service);
  const connections = await serviceTables(runtime, service, 'ipvsadm -Lnc');
  const entries = fewest(staleEntries(plan, service, tables, connections)).slice(0, MOST);
  const first = await tryAll(runtime, service, entries);
  // Older kernels drop the datagram by which they notice, and send the next one on.
  const lost = first.filter(({ reply }) => reply !== undefined && reply.server === undefined);
  const second = await tryAll(
    runtime,
    service,
    lost.map(({ entry }) => entry),
  );
  return first.map((one) => second.find(({ entry }) => entry === one.entry) ?? one);
}

/** Those that were used last come first. */
function fewest(entries: StaleEntry[]): StaleEntry[] {
  const sorted = [...entries].sort((a, b) => b.row.seconds - a.row.seconds);
  const key = ({ client, address, row }: StaleEntry) => `${client ?? address} ${row.destination}`;
  return sorted.filter(
    (entry, index) =>
      entry.out === 'removed' ||
      sorted.slice(0, index).filter((earlier) => key(earlier) === key(entry)).length < MOST_RENEWED,
  );
}

async function tryAll(
  runtime: Runtime,
  service: PlannedService,
  entries: StaleEntry[],
): Promise<TriedEntry[]> {
  const clients = [...new Set(entries.map(({ client }) => client))];
  const tried = await Promise.all(
    clients.map(async (client): Promise<TriedEntry[]> => {
      const own = entries.filter((entry) => entry.client === client);
      // A director's own datagrams to its VIP take another way.
      if (client === undefined || service.directors.includes(client))
        return own.map((entry) => ({ entry, reply: undefined }));
      const replies = await askFrom(runtime, client, service, own);
      return own.map((entry, index) => {
        const reply = replies[index];
        return { entry, reply: isTaken(reply?.error) ? undefined : reply };
      });
    }),
  );
  return tried.flat();
}

/** Whether a program has the port. */
function isTaken(error = ''): boolean {
  return /address already in use/i.test(error);
}
