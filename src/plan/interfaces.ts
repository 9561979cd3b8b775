import { assignAddresses, mainAddress } from './addresses.ts';
import { addressSeenFrom, type Hop } from './routes.ts';
import type { HostName, PlannedInterface, PlannedService } from './types.ts';
import type { Topology } from '../topology/types.ts';

/**
 * Every node's interfaces, by node name. The MAC is 02 (locally administered), 00, 00, network, and the node's place
 * in the network in two bytes: short enough to be told apart by eye in a capture.
 */
export function planInterfaces(topology: Topology): Map<string, PlannedInterface[]> {
  const addresses = assignAddresses(topology);
  const members = new Map<string, number>();
  return new Map(
    topology.nodes.map((node) => [
      node.name,
      node.attachments.map((attachment, index) => {
        const networkIndex = topology.networks.findIndex((n) => n.name === attachment.network);
        const place = (members.get(attachment.network) ?? 0) + 1;
        members.set(attachment.network, place);
        return {
          name: `eth${index}`,
          network: attachment.network,
          addresses: addresses.get(`${node.name}/${attachment.network}`) ?? [],
          mac: mac(networkIndex + 1, place),
        };
      }),
    ]),
  );
}

function mac(network: number, place: number): string {
  const bytes = [0x02, 0x00, network >> 8, network & 0xff, place >> 8, place & 0xff];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** A real server's address that IPVS uses: on the named network, else the first shared with a director, else its first. */
export function firstShared(
  hops: Hop[],
  node: string,
  directors: Hop[],
  network: string | undefined,
): string {
  const hop = hops.find((h) => h.name === node);
  if (hop === undefined) return '';
  const named = hop.interfaces.find((i) => i.network === network);
  if (network !== undefined) return named === undefined ? '' : mainAddress(named);
  for (const director of directors) {
    const shared = addressSeenFrom(director, hop);
    if (shared !== undefined) return shared;
  }
  return firstAddress(hop);
}

function firstAddress(hop: Hop): string {
  const [first] = hop.interfaces;
  return first === undefined ? '' : mainAddress(first);
}

/** Names of all nodes and VIPs as one node should resolve them: by the network it shares with them, where it does. */
export function hostNames(node: Hop, hops: Hop[], services: PlannedService[]): HostName[] {
  const vips = [...new Set(services.map((service) => service.vip))];
  return [
    ...hops.map((other) => ({
      address: addressSeenFrom(node, other) ?? firstAddress(other),
      name: other.name,
    })),
    ...vips.map((address, index) => ({ address, name: index === 0 ? 'vip' : `vip${index + 1}` })),
  ];
}
