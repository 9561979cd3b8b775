import type { PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { judgeConnections, parseConnections } from '../proof/director-table.ts';
import { judgeAnswers, judgeDistribution, requestsFor } from '../proof/distribution.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { ask, type Reply } from '../traffic/requests.ts';
import type { RunningLab } from './existing.ts';

/** Sends real requests to every service of a lab and says of each promise whether it was kept. */
export async function test({ record, runtime }: RunningLab): Promise<Check[]> {
  const { plan } = record;
  const checks: Check[] = [];
  for (const service of plan.services) {
    const clients = plan.nodes.filter((node) => node.role === 'client');
    const replies: Reply[] = [];
    for (const client of clients)
      replies.push(...(await ask(runtime, client.name, service, requestsFor(service))));
    checks.push(
      judgeAnswers(service, replies),
      judgeDistribution(service, replies),
      judgeConnections(service, replies, await connections(runtime, service)),
    );
  }
  return checks;
}

async function connections(runtime: Runtime, service: PlannedService) {
  const tables = await runtime.exec(service.directors.map((node) => ({ node, argv: ['ipvsadm', '-Lnc'] })));
  return tables.flatMap((table) => parseConnections(table.stdout.toString()));
}
