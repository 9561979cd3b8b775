import { addressFamily, addressOf } from './addresses.ts';
import type { Plan, PlannedNode, PlannedService } from './types.ts';

/** The clients that can ask a service: those with an address of the VIP's family. */
export function clientsOf(plan: Plan, { vip }: Pick<PlannedService, 'vip'>): PlannedNode[] {
  const family = addressFamily(vip);
  return plan.nodes.filter(
    (node) => node.role === 'client' && node.interfaces.some((i) => addressOf(i, family) !== undefined),
  );
}
