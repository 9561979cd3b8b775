import type { TopologyNode } from '../topology/types.ts';
import type { Hop } from './routes.ts';
import type { PlannedCluster, PlannedNetwork, PlannedService } from './types.ts';

/** What a node's steps may depend on. */
export interface NodeContext {
  node: TopologyNode;
  hop: Hop;
  hops: Hop[];
  networks: PlannedNetwork[];
  services: PlannedService[];
  clusters: PlannedCluster[];
}
