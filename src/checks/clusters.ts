import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan, PlannedCluster, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { judgeSync, unknownTo, type KnownConnections } from '../proof/cluster.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Reply } from '../traffic/replies.ts';
import { connectionTables } from './connection-tables.ts';

/** The kernel sends what it has to tell every two seconds (IPVS_SYNC_SEND_DELAY, IPVS_SYNC_CHECK_PERIOD). */
const LONGEST = 8_000;
const POLL = 300;

/** Whether each cluster’s directors know the connections that one of them carried, where the plan has a sync daemon. */
export async function checkSync(
  { clusters = [] }: Plan,
  runtime: Runtime,
  rounds: { service: PlannedService; replies: Reply[] }[],
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const cluster of clusters) {
    const own = rounds.filter(
      ({ service }) =>
        // What is told at the third packet, a datagram and its answer do not reach.
        service.protocol === 'tcp' && service.directors.some((node) => cluster.directors.includes(node)),
    );
    if (cluster.sync !== undefined && own.length > 0)
      checks.push(
        await checkOne(
          cluster,
          runtime,
          own.flatMap(({ replies }) => replies),
        ),
      );
  }
  return checks;
}

async function checkOne(cluster: PlannedCluster, runtime: Runtime, replies: Reply[]): Promise<Check> {
  for (let waited = 0; ; waited += POLL) {
    const known = await look(cluster, runtime);
    const all = [...known.values()].every((rows) => unknownTo(rows, replies).length === 0);
    if (all || waited >= LONGEST) return judgeSync(cluster, known, replies);
    await sleep(POLL);
  }
}

async function look({ directors }: PlannedCluster, runtime: Runtime): Promise<KnownConnections> {
  const tables = await connectionTables(runtime, directors);
  return new Map(directors.map((node, index) => [node, tables[index] ?? []]));
}
