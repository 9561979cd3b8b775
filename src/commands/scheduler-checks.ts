import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { heldFor, judgeHeld } from '../proof/schedulers/judge-held.ts';
import { judgeProbes, probesFor } from '../proof/schedulers/judge-probes.ts';
import { loadsOf, roomOf } from '../proof/schedulers/load.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Connection } from '../traffic/connections.ts';
import { hold, serviceTables } from '../traffic/held.ts';
import { probe } from '../traffic/probes.ts';

export interface Scheduling {
  checks: Check[];
  /** Real servers that answered in the course of it. */
  reached: string[];
}

/**
 * What a service's scheduler, persistence and limits promise beyond requests one after the other, each by the traffic
 * that shows it. No checks where those say all, as for round robin.
 */
export async function checkScheduling(
  plan: Plan,
  runtime: Runtime,
  service: PlannedService,
): Promise<Scheduling> {
  const checks: Check[] = [];
  const connections: Connection[] = [];
  const client = plan.nodes.find((node) => node.role === 'client');
  const by = probesFor(service);
  if (by !== undefined) {
    const probes = await probe(runtime, plan, service, by);
    connections.push(...probes.connections);
    checks.push(judgeProbes(service, probes));
  }
  const amount = heldFor(service, loadsOf(service, await serviceTables(runtime, service)));
  if (amount !== undefined && client !== undefined) {
    const held = await hold(runtime, client.name, service, amount);
    connections.push(...held.events.map((event) => event.connection));
    checks.push(judgeHeld(service, held));
  }
  return { checks, reached: [...new Set(connections.flatMap(({ server }) => server ?? []))] };
}

/** How many connections a service takes now, two for large transfers left out; Infinity where it has no limits. */
export async function roomFor(runtime: Runtime, service: PlannedService): Promise<number> {
  if (service.servers.every((server) => server.upper === undefined)) return Infinity;
  const loads = loadsOf(service, await serviceTables(runtime, service));
  return loads === undefined ? Infinity : Math.max(0, roomOf(loads) - 2);
}
