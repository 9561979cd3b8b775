import type { Topology } from '../topology/types.ts';
import { addressFamily, hostPrefix, inNetwork } from './addresses.ts';
import type { NodeContext } from './node-context.ts';
import type { Step } from './steps.ts';
import type { Plan, PlannedCluster, PlannedNetwork, PlannedService } from './types.ts';
import { deviceOn, vrrpSteps } from './vrrp.ts';

/** The clusters of a topology, each with the addresses that move between its directors. */
export function planClusters(
  { clusters }: Topology,
  networks: PlannedNetwork[],
  services: PlannedService[],
): PlannedCluster[] {
  return clusters.map(({ name, directors, gateways, vrrp, sync }) => {
    const vips = services.filter((s) => s.directors.some((d) => directors.includes(d))).map((s) => s.vip);
    return {
      name,
      directors,
      addresses: [...new Set([...vips, ...gateways])].map((address) => ({
        address,
        network: networks.find((n) => inNetwork(n, address))?.name ?? '',
      })),
      gateways,
      ...(vrrp === undefined
        ? {}
        : {
            vrrp: {
              id: vrrp.id,
              interval: vrrp.interval,
              ...(vrrp.on === undefined ? {} : { on: vrrp.on }),
            },
          }),
      ...(sync === undefined ? {} : { sync }),
    };
  });
}

/** The cluster that a node belongs to. */
export function clusterOf(
  { clusters = [] }: Pick<Plan, 'clusters'>,
  node: string,
): PlannedCluster | undefined {
  return clusters.find((cluster) => cluster.directors.includes(node));
}

/** Whether a director has its VIPs from the plan: not where keepalived moves them, nor where another one begins. */
export function hasOwnVips(cluster: PlannedCluster | undefined, node: string): boolean {
  return cluster === undefined || (cluster.vrrp === undefined && cluster.directors[0] === node);
}

/** The address that real servers of a director take for their gateway in its stead, as it moves with the VIP. */
export function floatingGateway(
  clusters: PlannedCluster[],
  directors: string[],
  network: PlannedNetwork | undefined,
  family: 4 | 6,
): string | undefined {
  const cluster = clusters.find((c) => c.directors.some((d) => directors.includes(d)));
  return cluster?.gateways.find(
    (address) => addressFamily(address) === family && network !== undefined && inNetwork(network, address),
  );
}

/** What a member of a cluster has beside its virtual services. */
export function clusterSteps({ node, hop, clusters, services }: NodeContext): Step[] {
  const cluster = clusterOf({ clusters }, node.name);
  if (cluster === undefined) return [];
  const first = cluster.directors[0] === node.name;
  if (cluster.vrrp !== undefined) return vrrpSteps(cluster, hop);
  const gateways = hasOwnVips(cluster, node.name) ? cluster.gateways : [];
  return [
    ...gateways.map((address): Step => ({
      kind: 'address',
      device: deviceOn(hop, cluster.addresses.find((a) => a.address === address)?.network ?? ''),
      address,
      prefix: hostPrefix(address),
    })),
    ...(cluster.sync === undefined || services.length === 0
      ? []
      : [
          {
            kind: 'sync-daemon' as const,
            role: first ? ('master' as const) : ('backup' as const),
            device: deviceOn(hop, cluster.sync.on),
            id: cluster.sync.id,
          },
        ]),
  ];
}
