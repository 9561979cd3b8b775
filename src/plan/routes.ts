import type { Family } from '../topology/types.ts';
import { addressOf, range } from './addresses.ts';
import type { PlannedNode } from './types.ts';

/** A node as routing sees it: where it is attached, and whether it passes on what is not for itself. */
export type Hop = Pick<PlannedNode, 'name' | 'role' | 'interfaces'>;

/** A destination outside the node's own networks and the neighbour that leads there. */
export interface NextHop {
  /** CIDR. */
  to: string;
  /** Address of the neighbour, of the same family. */
  via: string;
}

/** The neighbour's address on the first network of a family that both are attached to; undefined where they share none. */
export function addressSeenFrom(from: Hop, neighbour: Hop, family: Family): string | undefined {
  for (const own of from.interfaces) {
    const shared = neighbour.interfaces.find((i) => i.network === own.network);
    const address = shared === undefined ? undefined : addressOf(shared, family);
    if (address !== undefined) return address;
  }
  return undefined;
}

/**
 * The first hop from a node towards a goal in a family, over routers only, by the fewest hops (ties: file order).
 * @returns the neighbour's address; undefined where the goal is reached directly or not at all
 */
export function firstHop(
  from: Hop,
  nodes: Hop[],
  family: Family,
  reached: (node: Hop) => boolean,
): string | undefined {
  const seen = new Set([from.name]);
  let frontier: { node: Hop; via: string | undefined }[] = [{ node: from, via: undefined }];
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { node, via } of frontier) {
      for (const other of nodes) {
        const address = addressSeenFrom(node, other, family);
        if (seen.has(other.name) || address === undefined) continue;
        const first = via ?? address;
        if (reached(other)) return first;
        if (other.role !== 'router') continue;
        seen.add(other.name);
        next.push({ node: other, via: first });
      }
    }
    frontier = next;
  }
  return undefined;
}

/** Next hops from a node to every network that it is not attached to and that routers lead to. */
export function networkRoutes(
  from: Hop,
  nodes: Hop[],
  networks: { name: string; subnets: string[] }[],
): NextHop[] {
  const own = new Set(from.interfaces.map((i) => i.network));
  return networks.flatMap((network) => {
    if (own.has(network.name)) return [];
    return network.subnets.flatMap((to) => {
      const via = firstHop(
        from,
        nodes,
        range(to).family,
        (node) => node.role === 'router' && node.interfaces.some((i) => i.network === network.name),
      );
      return via === undefined ? [] : [{ to, via }];
    });
  });
}
