import { isSameService } from '../plan/service-name.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import { chosenServer } from '../proof/evidence.ts';
import { troublesOf } from '../proof/health.ts';
import { observe } from '../proof/observe.ts';
import { walks } from '../proof/path.ts';
import { claimsFor } from '../proof/promises.ts';
import { examine, type Verdict } from '../proof/verdict.ts';
import { describeWalk, type WalkLine } from '../proof/walk.ts';
import { captureDuring } from '../traffic/capture.ts';
import { ask } from '../traffic/requests.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import { concludeWith } from '../checks/explain.ts';
import { isWatched, readHealth } from '../checks/health-state.ts';
import { keepCaptures } from '../files/keep-captures.ts';
import { pickClients, pickService } from '../lifecycle/pick.ts';
import { inTurn } from '../lifecycle/turn.ts';
import type { Walk } from '../proof/types.ts';

export interface Trace {
  plan: Plan;
  service: PlannedService;
  /** The connection as the captures have it; undefined where they have none. */
  walk: Walk | undefined;
  lines: WalkLine[];
  /** Real server that answered by its own account; undefined where none did. */
  answered: string | undefined;
  /** Whether that is the service's fallback. */
  fallback: boolean;
  /** What is wrong with real servers that a daemon looks after, a sentence each. */
  health: string[];
  /** Each promise, held against this one connection. */
  verdicts: Verdict[];
  /** Capture files that were kept. */
  kept: string[];
}

/**
 * Follows one real connection through a lab.
 * @param options.service `VIP:PORT` or `VIP:PORT/udp`, else the first service; `client`: a node, else the first client; `pcap`: a
 * folder for the captures
 * @throws LabError badInput where the lab has no such service or client
 */
export async function trace(
  lab: RunningLab,
  options: { service: string | undefined; client: string | undefined; pcap: string | undefined },
): Promise<Trace> {
  const { plan } = lab.record;
  const service = pickService(plan, options.service);
  const [client = ''] = pickClients(plan, service, options.client);
  const { result: replies, captures } = await inTurn(lab, () =>
    captureDuring(lab.runtime, plan, () => ask(lab.runtime, client, service, 1)),
  );
  const kept = options.pcap === undefined ? [] : await keepCaptures(options.pcap, captures);
  const { observations, captures: lost } = observe(captures);
  const walk = walks(plan, observations)
    .filter((w) => isSameService(w.service, service))
    .at(-1);
  // One connection comes to one server: what is promised of the others, it cannot show.
  const server = walk === undefined ? undefined : chosenServer(service, walk)?.node;
  const states = isWatched(service) ? await readHealth(plan, lab.runtime) : [];
  const claims = claimsFor(plan)
    .filter((claim) => isSameService(claim.service, service))
    .map((claim) => ({
      ...claim,
      servers: claim.servers.filter((s) => server === undefined || s.node === server),
    }))
    .filter((claim) => claim.servers.length > 0);
  return {
    plan,
    service,
    walk,
    lines: walk === undefined ? [] : describeWalk(walk),
    answered: replies[0]?.server,
    fallback: server !== undefined && server === service.health?.fallback?.node,
    health: troublesOf(states.filter((state) => isSameService(state.service, service))),
    verdicts: await concludeWith(lab, examine(plan, claims, observations, lost)),
    kept,
  };
}
