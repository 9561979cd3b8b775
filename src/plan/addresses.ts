import type { Family, Network, Role, Topology } from '../topology/types.ts';
import {
  block,
  contains,
  familyOf,
  parseCidr,
  toAddress,
  toNumber,
  usable,
  type Range,
} from '../topology/ip.ts';
import type { Plan, InterfaceAddress, PlannedInterface } from './types.ts';

/** The family of an address of a validated topology. */
export function addressFamily(address: string): Family {
  return familyOf(address) ?? 4;
}

/** Prefix of a single address. */
export function hostPrefix(address: string): 32 | 128 {
  return addressFamily(address) === 4 ? 32 : 128;
}

/** The block of a CIDR of a validated topology. */
export function range(subnet: string): Range {
  const { address, prefix } = parseCidr(subnet) ?? { address: '0.0.0.0', prefix: 32 };
  return block(address, prefix);
}

/** The address of a family that others reach an interface by; undefined where it has none of that family. */
export function addressOf({ addresses }: PlannedInterface, family: Family): string | undefined {
  return addresses.find((own) => own.family === family)?.address;
}

/** The first address of an interface, of whatever family. */
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

/** IPv6 is written in hexadecimal: so the last digits are the same in both families. */
const STARTS: Record<Family, Record<Exclude<Role, 'router'>, bigint> & { router: bigint; large: bigint }> = {
  4: { director: 1n, proxy: 1n, 'real-server': 11n, dns: 53n, client: 101n, router: 254n, large: 128n },
  6: {
    director: 0x1n,
    proxy: 0x1n,
    'real-server': 0x11n,
    dns: 0x53n,
    client: 0x101n,
    router: 0x254n,
    large: 0x255n,
  },
};

/**
 * Where automatic addresses start in a subnet, so that an address tells the role: directors and proxies .1, real servers .11, DNS
 * servers .53, clients .101, routers .254 (IPv4: the subnet's last) and downwards; in IPv6 ::1, ::11, ::53, ::101 and ::254.
 */
function start(role: Role, subnet: Range): { offset: bigint; direction: 1n | -1n } {
  const { first, family, size } = subnet;
  const last = usable(subnet).last - first;
  const starts = STARTS[family];
  if (role === 'router')
    return { offset: family === 6 && size > starts.large ? starts.router : last, direction: -1n };
  return { offset: size < starts.large ? 1n : starts[role], direction: 1n };
}

/**
 * Gives every attachment an address of each family that its network has: those the file fixes, then automatic ones in
 * file order. The topology has been validated, so there is always a free one.
 * @returns addresses by `node/network`, those of the network's first subnet first
 */
export function assignAddresses(topology: Topology): Map<string, InterfaceAddress[]> {
  const assigned = new Map<string, InterfaceAddress[]>();
  for (const network of topology.networks)
    for (const subnet of network.subnets)
      for (const [key, addresses] of assignIn(topology, network, range(subnet)))
        assigned.set(key, [...(assigned.get(key) ?? []), ...addresses]);
  return assigned;
}

function assignIn(topology: Topology, network: Network, subnet: Range): [string, InterfaceAddress[]][] {
  const { family, prefix } = subnet;
  const { first, last } = usable(subnet);
  const members = topology.nodes.flatMap((node) =>
    node.attachments
      .filter((attachment) => attachment.network === network.name)
      .map(({ addresses }) => ({
        node,
        fixed: addresses.filter((address) => addressFamily(address) === family),
      })),
  );
  const vips = [
    ...topology.services.map(({ vip }) => vip),
    ...topology.clusters.flatMap(({ gateways }) => gateways),
  ].filter((vip) => addressFamily(vip) === family);
  const taken = new Set([...vips, ...members.flatMap(({ fixed }) => fixed)].map(toNumber));
  return members.map(({ node, fixed }) => {
    const { offset, direction } = start(node.role, subnet);
    let candidate = subnet.first + offset;
    // Wraps round the host part, stepping over what no machine can have.
    while (fixed.length === 0 && (candidate < first || candidate > last || taken.has(candidate)))
      candidate = candidate > last ? first : candidate < first ? last : candidate + direction;
    if (fixed.length === 0) taken.add(candidate);
    const own = fixed.length > 0 ? fixed : [toAddress(family, candidate)];
    return [`${node.name}/${network.name}`, own.map((address) => ({ family, address, prefix }))];
  });
}

/** The node that has the address of a table's row; undefined where none has. */
export function nodeWith(plan: Plan, server: string): string | undefined {
  const address = server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return plan.nodes.find((node) =>
    node.interfaces.some((i) => i.addresses.some((a) => a.address === address)),
  )?.name;
}
