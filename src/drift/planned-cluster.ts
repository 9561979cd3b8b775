import { clusterOf } from '../plan/clusters.ts';
import { hostPrefix } from '../plan/addresses.ts';
import type { Command } from '../plan/command.ts';
import type { SyncDaemonStep } from '../plan/steps.ts';
import type { Plan, PlannedNode } from '../plan/types.ts';
import { deviceOn, VRRP_DAEMON } from '../plan/vrrp.ts';
import type { PlannedFact } from './facts.ts';
import { syncName } from './fact-names.ts';
import { restart } from './restart.ts';

/** What VRRP does on a director: it may have each of the addresses, and its sync daemon is master or backup. */
export function clusterFacts(plan: Plan, node: PlannedNode): PlannedFact[] {
  const cluster = clusterOf(plan, node.name);
  if (cluster?.vrrp === undefined) return [];
  const { addresses, sync } = cluster;
  return [
    ...addresses.map(({ address, network }): PlannedFact => ({
      kind: 'address',
      name: `${address}/${hostPrefix(address)} on ${deviceOn(node, network)}`,
      attributes: address.includes(':') ? { deprecated: 'yes' } : {},
      optional: true,
      put: [],
    })),
    ...(sync === undefined
      ? []
      : [
          {
            kind: 'sync daemon' as const,
            name: syncName(sync.id),
            attributes: { interface: deviceOn(node, sync.on) },
            put: restart(VRRP_DAEMON),
          },
        ]),
  ];
}

/** A sync daemon that the plan starts itself. */
export function syncFact({ role, device, id }: SyncDaemonStep, put: Command[]): PlannedFact {
  return {
    kind: 'sync daemon',
    name: syncName(id),
    attributes: { role, interface: device },
    put: [...stopSync('master'), ...stopSync('backup'), ...put],
  };
}

/** Ends a sync daemon, where there is one. */
export function stopSync(role: 'master' | 'backup'): Command[] {
  return [
    {
      argv: ['ipvsadm', '--stop-daemon', role],
      unless: ['sh', '-c', `! ipvsadm -l --daemon | grep -q "^${role} sync daemon"`],
    },
  ];
}
