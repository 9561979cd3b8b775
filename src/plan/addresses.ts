import type { Role, Topology } from '../topology/types.ts';
import type { InterfaceAddress, PlannedInterface } from './types.ts';
import { block, contains, parseCidr, toAddress, toNumber, type Range } from '../topology/ipv4.ts';

/** The block of an IPv4 CIDR of a validated topology. */
export function range(subnet: string): Range {
  const { address, prefix } = parseCidr(subnet) ?? { address: '0.0.0.0', prefix: 32 };
  return block(address, prefix);
}

/** The address that others reach an interface by. */
export function mainAddress({ addresses }: PlannedInterface): string {
  return addresses[0]?.address ?? '';
}

/** Whether an interface has an address. */
export function hasAddress({ addresses }: PlannedInterface, address: string): boolean {
  return addresses.some((own) => own.address === address);
}

/** Whether an address lies in one of a network's subnets. */
export function inNetwork({ subnets }: { subnets: string[] }, address: string): boolean {
  return subnets.some((subnet) => contains(range(subnet), address));
}

/**
 * Where automatic addresses start in a subnet, so that an address tells the role: directors .1, real servers .11,
 * clients .101, routers .254 and downwards.
 */
function start(role: Role, size: number): { offset: number; direction: 1 | -1 } {
  if (role === 'router') return { offset: size - 2, direction: -1 };
  if (size < 128) return { offset: 1, direction: 1 };
  return { offset: { director: 1, 'real-server': 11, client: 101 }[role], direction: 1 };
}

/**
 * Gives every attachment an address: those the file fixes, then automatic ones in file order.
 * The topology has been validated, so there is always a free one.
 * @returns addresses by `node/network`
 */
export function assignAddresses(topology: Topology): Map<string, InterfaceAddress[]> {
  const assigned = new Map<string, InterfaceAddress[]>();
  for (const network of topology.networks) {
    const { first, size, prefix } = range(network.subnets[0] ?? '');
    const own = (address: string): InterfaceAddress => ({ family: 4, address, prefix });
    const taken = new Set(topology.services.map((service) => toNumber(service.vip)));
    const members = topology.nodes.flatMap((node) =>
      node.attachments.filter((a) => a.network === network.name).map((a) => ({ node, fixed: a.addresses })),
    );
    for (const { node, fixed } of members) {
      if (fixed.length === 0) continue;
      for (const address of fixed) taken.add(toNumber(address));
      assigned.set(`${node.name}/${network.name}`, fixed.map(own));
    }
    for (const { node, fixed } of members) {
      if (fixed.length > 0) continue;
      const { offset, direction } = start(node.role, size);
      let candidate = offset;
      // Wraps round the host part, stepping over the network's own and the broadcast address.
      while (candidate < 1 || candidate > size - 2 || taken.has(first + candidate))
        candidate = candidate > size - 2 ? 1 : candidate < 1 ? size - 2 : candidate + direction;
      taken.add(first + candidate);
      assigned.set(`${node.name}/${network.name}`, [own(toAddress(first + candidate))]);
    }
  }
  return assigned;
}
