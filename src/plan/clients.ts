import { addressFamily, addressOf } from './addresses.ts';
import type { Plan, PlannedNode, PlannedService } from './types.ts';

/** The clients that can ask a service: those with an address of the VIP's family. */
export function clientsOf(plan: Plan, service: Pick<PlannedService, 'vip'>): PlannedNode[] {
  return clientsAmong(plan.nodes, service);
}

/** Those of some nodes that can ask a service. */
export function clientsAmong<N extends Pick<PlannedNode, 'role' | 'interfaces'>>(
  nodes: readonly N[],
  { vip }: Pick<PlannedService, 'vip'>,
): N[] {
  const family = addressFamily(vip);
  return nodes.filter(
    (node) => node.role === 'client' && node.interfaces.some((i) => addressOf(i, family) !== undefined),
  );
}
