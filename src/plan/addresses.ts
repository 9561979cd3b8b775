import ipaddr from 'ipaddr.js';
import type { Role, Topology } from '../topology/types.ts';

/** IPv4 address as an unsigned 32-bit number. */
export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The dotted form of an unsigned 32-bit number. */
export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** First address and number of addresses of an IPv4 CIDR, network and broadcast included. */
export function range(subnet: string): { first: number; size: number; prefix: number } {
  const [base, prefix] = ipaddr.IPv4.parseCIDR(subnet);
  return { first: toNumber(base.toString()), size: 2 ** (32 - prefix), prefix };
}

/** Whether an IPv4 address lies inside an IPv4 CIDR. */
export function contains(subnet: string, address: string): boolean {
  const { first, size } = range(subnet);
  const value = toNumber(address);
  return value >= first && value < first + size;
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
 * @returns address by `node/network`
 */
export function assignAddresses(topology: Topology): Map<string, string> {
  const assigned = new Map<string, string>();
  for (const network of topology.networks) {
    const { first, size } = range(network.subnet);
    const taken = new Set(topology.services.map((service) => toNumber(service.vip)));
    const members = topology.nodes.flatMap((node) =>
      node.attachments.filter((a) => a.network === network.name).map((a) => ({ node, fixed: a.address })),
    );
    for (const { node, fixed } of members) {
      if (fixed === undefined) continue;
      taken.add(toNumber(fixed));
      assigned.set(`${node.name}/${network.name}`, fixed);
    }
    for (const { node, fixed } of members) {
      if (fixed !== undefined) continue;
      const { offset, direction } = start(node.role, size);
      let candidate = offset;
      // Wraps round the host part, stepping over the network's own and the broadcast address.
      while (candidate < 1 || candidate > size - 2 || taken.has(first + candidate))
        candidate = candidate > size - 2 ? 1 : candidate < 1 ? size - 2 : candidate + direction;
      taken.add(first + candidate);
      assigned.set(`${node.name}/${network.name}`, toAddress(first + candidate));
    }
  }
  return assigned;
}
