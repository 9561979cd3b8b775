import { membersOf, syncNetwork } from '../rules/cluster-networks.ts';
import { valueOf } from './draft.ts';
import type { DraftCluster } from './draft-clusters.ts';
import { parseMeasure } from './quality.ts';
import type { References } from '../rules/references.ts';
import { DEFAULT_SYNC_ID, DEFAULT_VRRP } from './schema-clusters.ts';
import type { Cluster } from '../types.ts';

/** Milliseconds; undefined where it is no time. */
export function parseInterval(text: string): number | undefined {
  const microseconds = parseMeasure('delay', text);
  return microseconds === undefined ? undefined : microseconds / 1000;
}

/** Fills in the defaults of a cluster in which no problem was found. */
export function clusterOf(draft: DraftCluster, references: References): Cluster {
  const vrrp = valueOf(draft.vrrp);
  const sync = valueOf(draft.sync);
  return {
    name: draft.name,
    directors: membersOf(draft, references).flatMap(({ names }) => names),
    gateways: (valueOf(draft.gateways) ?? []).map(({ value }) => value),
    vrrp:
      vrrp === undefined
        ? undefined
        : {
            id: valueOf(vrrp.id) ?? DEFAULT_VRRP.id,
            interval: parseInterval(valueOf(vrrp.interval) ?? DEFAULT_VRRP.interval) ?? 0,
            on: valueOf(vrrp.on),
          },
    sync:
      sync === undefined
        ? undefined
        : {
            id: valueOf(sync.id) ?? DEFAULT_SYNC_ID,
            on: syncNetwork(draft, references) ?? '',
          },
  };
}
