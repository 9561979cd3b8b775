import { addressFamily, addressOf, assignAddresses, mainAddress } from './addresses.ts';
import { addressSeenFrom, type Hop } from './routes.ts';
import type { HostName, PlannedInterface, PlannedService } from './types.ts';
import type { Family, Topology } from '../topology/types.ts';

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

/**
 * A real server's address that IPVS uses: on the named network, else the first shared with a director, else its first.
 * It is of the VIP's family wherever the server has one such there; a tunnel may lead through the other.
 */
export function serverAddress(
  hops: Hop[],
  directors: Hop[],
  { node, network, vip }: { node: string; network: string | undefined; vip: string },
): string {
  const hop = hops.find((h) => h.name === node);
  if (hop === undefined) return '';
  const family = addressFamily(vip);
  const named = hop.interfaces.find((i) => i.network === network);
  if (network !== undefined)
    return named === undefined ? '' : (addressOf(named, family) ?? mainAddress(named));
  for (const director of directors) {
    const shared = addressSeenFrom(director, hop, family);
    if (shared !== undefined) return shared;
  }
  return firstAddress(hop, family) ?? '';
}

function firstAddress(hop: Hop, family: Family): string | undefined {
  return hop.interfaces.map((i) => addressOf(i, family)).find((address) => address !== undefined);
}

/**
 * Names of all nodes and VIPs as one node should resolve them: by the network it shares with them, where it does, and
 * in each family that they have.
 */
export function hostNames(node: Hop, hops: Hop[], services: PlannedService[]): HostName[] {
  const vips = [...new Set(services.map((service) => service.vip))];
  const families: Family[] = [4, 6];
  return [
    ...hops.flatMap((other) =>
      families.flatMap((family) => {
        const address = addressSeenFrom(node, other, family) ?? firstAddress(other, family);
        return address === undefined ? [] : [{ address, name: other.name }];
      }),
    ),
    ...vips.map((address, index) => ({ address, name: index === 0 ? 'vip' : `vip${index + 1}` })),
  ];
}
