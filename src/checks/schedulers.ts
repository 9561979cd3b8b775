import { isProxied } from '../plan/haproxy.ts';
import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { heldFor, judgeHeld } from '../proof/schedulers/judge-held.ts';
import { judgeProbes, probesFor } from '../proof/schedulers/judge-probes.ts';
import { loadsOf, roomOf } from '../proof/schedulers/load.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Connection } from '../traffic/connections.ts';
import { holdConnections, serviceTables } from '../traffic/held.ts';
import { probePersistence } from './persistence-probes.ts';
import { probe, type Look } from '../traffic/probes.ts';

export interface Scheduling {
  checks: Check[];
  /** Real servers that answered in the course of it. */
  reached: string[];
}

/**
 * What a service's scheduler, persistence and limits promise beyond requests one after the other, each by the traffic
 * that shows it. No checks where those say all, as for round robin.
 * @param before what the directors knew before the first traffic, where the service is persistent
 */
export async function checkScheduling(
  plan: Plan,
  runtime: Runtime,
  service: PlannedService,
  before?: Look,
): Promise<Scheduling> {
  if (isProxied(service)) return { checks: [], reached: [] };
  const checks: Check[] = [];
  const connections: Connection[] = [];
  const [client] = clientsOf(plan, service);
  const by = probesFor(service);
  if (by !== undefined) {
    const probes = await (before === undefined
      ? probe(runtime, plan, service, by)
      : probePersistence(runtime, plan, service, before));
    connections.push(...probes.connections);
    checks.push(judgeProbes(service, probes));
  }
  // Where none are held whatever the table says, it is not read.
  const amount =
    heldFor(service, undefined) === undefined
      ? undefined
      : heldFor(service, loadsOf(service, await serviceTables(runtime, service)));
  if (amount !== undefined && client !== undefined) {
    const held = await holdConnections(runtime, client.name, service, amount);
    connections.push(...held.events.map((event) => event.connection));
    checks.push(judgeHeld(service, held));
  }
  return { checks, reached: [...new Set(connections.flatMap(({ server }) => server ?? []))] };
}

export interface Limits {
  /** How many connections the service takes now, two for large transfers left out; Infinity where nothing limits it. */
  room: number;
  /** Which real servers may be full, with their numbers; undefined where none is. */
  full: string | undefined;
}

/** What the limits of a service's real servers leave. Connections that ended count until the director forgets them. */
export async function limitsOf(runtime: Runtime, service: PlannedService): Promise<Limits> {
  const none = { room: Infinity, full: undefined };
  if (service.application === 'dns' || service.servers.every((server) => server.upper === undefined))
    return none;
  const loads = loadsOf(service, await serviceTables(runtime, service));
  if (loads === undefined) return none;
  const full = loads
    .filter((load) => load.full !== 'no')
    .map((load) => `${load.node} has ${load.active + load.inactive.most} of ${load.upper ?? 0}`);
  return {
    room: Math.max(0, roomOf(loads) - 2),
    full: full.length === 0 ? undefined : full.join(', '),
  };
}
