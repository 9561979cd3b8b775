import { membersOf, syncNetwork } from '../rules/cluster-networks.ts';
import type { References } from '../rules/references.ts';
import type { Cluster } from '../types.ts';
import { clusterSchema } from './cluster.ts';
import type { DraftCluster } from './draft.ts';
import { fill } from './fill.ts';
import { parseMeasure } from './quality.ts';

/** Milliseconds; undefined where it is no time. */
export function parseInterval(text: string): number | undefined {
  const microseconds = parseMeasure('delay', text);
  return microseconds === undefined ? undefined : microseconds / 1000;
}

/** Fills in the defaults of a cluster in which no problem was found. */
export function normalCluster(draft: DraftCluster, references: References): Cluster {
  const { gateway, vrrp, sync } = fill(clusterSchema, draft);
  return {
    name: draft.name,
    directors: membersOf(draft, references).flatMap(({ names }) => names),
    gateways: gateway ?? [],
    vrrp: vrrp && { ...vrrp, interval: parseInterval(vrrp.interval) ?? 0 },
    sync: sync && { id: sync.id, on: syncNetwork(draft, references) ?? '' },
  };
}
