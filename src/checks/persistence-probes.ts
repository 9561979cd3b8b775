import { setTimeout as sleep } from 'node:timers/promises';
import { isProxied } from '../plan/haproxy.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import { isUndecided } from '../proof/schedulers/judge-memory.ts';
import { judgeProbes } from '../proof/schedulers/judge-probes.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { look, probe, probeAgain, type Look, type Probes } from '../traffic/probes.ts';

/** Milliseconds after which the seconds of a template tell whether it is used. */
const TELLING = 2_500;
const ROUNDS = 3;

/** What the directors of persistent services knew before a test sent anything, in the order of the plan's services. */
export async function templatesBefore(plan: Plan, runtime: Runtime): Promise<(Look | undefined)[]> {
  return Promise.all(
    plan.services.map(async (service) =>
      service.persistence === undefined || isProxied(service) ? undefined : look(runtime, service),
    ),
  );
}

/**
 * Asks a persistent service from every address, and looks which templates the director goes by. Those of an earlier
 * test are alive still: where one of them may be what is seen, it is asked again when they have grown older.
 * @param before as it was before the first traffic of this test
 */
export async function probePersistence(
  runtime: Runtime,
  plan: Plan,
  service: PlannedService,
  before: Look,
): Promise<Probes> {
  const began = performance.now();
  const { by, connections } = await probe(runtime, plan, service, 'address');
  let probes: Probes = {
    by,
    connections,
    looks: { before, after: await look(runtime, service), since: began },
  };
  for (let round = 0; round < ROUNDS && isOpen(service, probes); round += 1) {
    const last = probes.looks?.after ?? before;
    await sleep(TELLING);
    const since = performance.now();
    const again = await probeAgain(runtime, service, once(connections));
    probes = {
      by,
      connections: [...probes.connections, ...again],
      looks: { before: last, after: await look(runtime, service), since },
    };
  }
  return probes;
}

/** Whether asking again may tell more: what is wrong already needs no more. */
function isOpen(service: PlannedService, probes: Probes): boolean {
  const { outcome } = judgeProbes(service, { by: probes.by, connections: probes.connections });
  return outcome === 'pass' && isUndecided(service, probes);
}

function once(connections: Probes['connections']): Probes['connections'] {
  const seen = new Map(connections.map((each) => [`${each.client} ${each.address}`, each]));
  return [...seen.values()];
}
