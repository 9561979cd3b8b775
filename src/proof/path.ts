import { hasAddress } from '../plan/addresses.ts';
import type { Plan } from '../plan/types.ts';
import { classify, type Flow } from './flows.ts';
import { findCrossings } from './crossings.ts';
import { buildJourneys } from './journeys.ts';
import type { Observation, Walk } from './types.ts';

/**
 * Puts the frames of every capture in order: for each connection to a virtual service of the plan, the way of each
 * of its packets, through address rewriting, tunnels and routers. Frames on devices that are no interface of the plan
 * (tunl0, lo) stay inside a node and are left out, as are frames that a node only overheard (flooded by a bridge).
 */
export function walks(plan: Plan, observations: Observation[]): Walk[] {
  const flows = classify(plan, observations);
  const byConnection = new Map<string, { flow: Flow; observations: Observation[] }>();
  for (const { flow, observation } of flows) {
    const entry = byConnection.get(flow.key);
    if (entry === undefined) byConnection.set(flow.key, { flow, observations: [observation] });
    else entry.observations.push(observation);
  }
  const captured = new Set(observations.map((o) => `${o.node}/${o.device}`));
  const result: Walk[] = [];
  for (const { flow, observations: own } of byConnection.values()) {
    const crossings = findCrossings(plan, own, captured);
    const journeys = buildJourneys(crossings, flow);
    if (journeys.length === 0) continue;
    const owner = plan.nodes.find((n) => n.interfaces.some((i) => hasAddress(i, flow.client.address)));
    result.push({
      service: flow.service,
      client: flow.client,
      ...(owner === undefined ? {} : { clientNode: owner.name }),
      journeys,
    });
  }
  return result.sort((a, b) => startOf(a) - startOf(b));
}

function startOf(walk: Walk): number {
  return walk.journeys[0]?.crossings[0]?.time ?? 0;
}
