import { valueOf, type DraftCluster, type DraftService } from '../fields/draft.ts';
import { contains } from '../ip.ts';
import { settled, type References, type Referent } from './references.ts';

/** The directors of a cluster that exist, in its order. */
export function membersOf(cluster: DraftCluster, references: References): Referent[] {
  return (valueOf(cluster.directors) ?? []).flatMap(({ value }) => references.node(value) ?? []);
}

/** The services that a cluster carries: those of which one of its directors is a director. */
export function servicesOf(cluster: DraftCluster, references: References): DraftService[] {
  const own = new Set(membersOf(cluster, references).flatMap(({ names }) => names));
  return references.draft.services.filter((service) =>
    references.directorsOf(service).some(({ names }) => names.some((name) => own.has(name))),
  );
}

/** The networks that all directors of a cluster are on, in the first one's order; undefined where not all is known. */
export function sharedByAll(cluster: DraftCluster, references: References): string[] | undefined {
  const members = membersOf(cluster, references).map(({ node }) => node);
  const [first, ...others] = members;
  if (first === undefined || !members.every((node) => settled(node, references))) return undefined;
  return first.attachments
    .map((a) => a.network.value)
    .filter((name) => others.every((node) => node.attachments.some((a) => a.network.value === name)));
}

/** The network that an address lies in. */
export function networkHolding(address: string, { draft }: References): string | undefined {
  return draft.networks.find(({ subnets }) =>
    subnets.some(({ range }) => range !== undefined && contains(range, address)),
  )?.name;
}

/** Every address that moves, with its network: VIPs, then gateways. */
export function movingAddresses(
  cluster: DraftCluster,
  references: References,
): { address: string; network: string | undefined }[] {
  const vips = servicesOf(cluster, references).flatMap(({ vip }) => valueOf(vip) ?? []);
  const gateways = (valueOf(cluster.gateway) ?? []).map(({ value }) => value);
  return [...new Set([...vips, ...gateways])].map((address) => ({
    address,
    network: networkHolding(address, references),
  }));
}

/** The network of a cluster’s daemons where the file names none: its first VIP’s, else the first that all share. */
export function homeOf(cluster: DraftCluster, references: References): string | undefined {
  const shared = sharedByAll(cluster, references) ?? [];
  const first = movingAddresses(cluster, references).find(
    ({ network }) => network !== undefined && shared.includes(network),
  );
  return first?.network ?? shared[0];
}

/** The networks on which a cluster speaks VRRP. */
export function vrrpNetworks(cluster: DraftCluster, references: References): string[] {
  const stated = valueOf(valueOf(cluster.vrrp)?.on);
  if (stated !== undefined) return [stated];
  const moving = movingAddresses(cluster, references).flatMap(({ network }) => network ?? []);
  return [...new Set(moving)];
}

/** The network on which a cluster’s master tells of its connections. */
export function syncNetwork(cluster: DraftCluster, references: References): string | undefined {
  return (
    valueOf(valueOf(cluster.sync)?.on) ?? valueOf(valueOf(cluster.vrrp)?.on) ?? homeOf(cluster, references)
  );
}
