import { addressFamily, addressOf, hostPrefix, inNetwork, range } from './addresses.ts';
import { toNumber, type Range } from '../topology/ip.ts';
import type { Family } from '../topology/types.ts';
import type { Hop } from './routes.ts';
import type { RouteStep } from './steps.ts';
import type { Plan, PlannedCluster, PlannedNetwork, PlannedService } from './types.ts';

/** A lab as packets find it: who is where, and by which routes. */
export interface Ground {
  networks: PlannedNetwork[];
  nodes: (Hop & { routes: RouteStep[] })[];
  services: PlannedService[];
  clusters: PlannedCluster[];
}

/** A packet's passage over one network. */
export interface Leg {
  from: string;
  /** Interface by which it leaves. */
  device: string;
  network: string;
  /** The address whose owner the sender looks for: the next hop, or the destination itself. */
  target: string;
  to: string;
}

/** Why a packet comes no further: where, and for want of what. */
export interface Stop {
  at: string;
  why: 'no-route' | 'nobody' | 'no-forwarding' | 'round';
  /** Of `nobody`: the address that no node has. */
  target?: string;
}

/** The way of a packet. */
export interface Way {
  legs: Leg[];
  /** Absent where it arrives. */
  stop?: Stop;
}

const MOST_LEGS = 64;

/**
 * The ways that packets take by a plan's addresses and routes. Routers and directors are taken to forward: that a
 * director does so follows from what has to pass it.
 */
export class Ways {
  readonly ground: Ground;
  readonly #nodes: Map<string, Ground['nodes'][number]>;
  /** Who answers for an address on a network, by `network address`. */
  readonly #owners = new Map<string, string>();
  /** The addresses by which a node is meant, wherever a packet for them comes in, by `node address`. */
  readonly #own = new Set<string>();
  readonly #known = new Map<string, Way>();
  readonly #tables: Map<string, Entry[]>;
  readonly #numbers = new Map<string, { family: Family; value: bigint }>();

  constructor(ground: Ground) {
    this.ground = ground;
    this.#nodes = new Map(ground.nodes.map((node) => [node.name, node]));
    this.#tables = new Map(ground.nodes.map((node) => [node.name, tableOf(node)]));
    for (const node of ground.nodes)
      for (const { network, addresses } of node.interfaces)
        for (const { address } of addresses) this.#place(node, network, address);
    for (const { address, nodes } of movable(ground))
      for (const name of nodes) {
        const node = this.#nodes.get(name);
        if (node === undefined) continue;
        this.#own.add(`${name} ${address}`);
        for (const { network } of node.interfaces)
          // Asked by ARP a node answers for each address that it has; in IPv6 for those of the interface alone.
          if (addressFamily(address) === 4 || this.#lies(address, network))
            this.#place(node, network, address);
      }
  }

  /** The way of a packet from a node to an address. */
  way(from: string, to: string): Way {
    const key = `${from} ${to}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const way = this.#walk(from, to);
    this.#known.set(key, way);
    return way;
  }

  /** The address that a node's packets to a destination bear as their source; undefined where it cannot send any. */
  sourceOf(from: string, to: string): string | undefined {
    const node = this.#nodes.get(from);
    const [first] = this.way(from, to).legs;
    const own = node?.interfaces.find((i) => i.name === first?.device);
    return own === undefined ? undefined : addressOf(own, addressFamily(to));
  }

  /** The node that an address belongs to where it is next to another, as a gateway. */
  neighbourWith(address: string, of: string): string | undefined {
    return this.#nodes
      .get(of)
      ?.interfaces.map(({ network }) => this.#owners.get(`${network} ${address}`))
      .find((owner) => owner !== undefined);
  }

  #next(node: string, to: string): Omit<Leg, 'from' | 'to'> | undefined {
    const table = this.#tables.get(node) ?? [];
    const found = table.find((entry) => this.#in(entry, to));
    const target = found?.via ?? to;
    const { device, network } = table.find((e) => e.via === undefined && this.#in(e, target)) ?? {};
    return found === undefined || device === undefined || network === undefined
      ? undefined
      : { device, network, target };
  }

  #in({ family, first, size }: Entry, address: string): boolean {
    const known = this.#numbers.get(address) ?? { family: addressFamily(address), value: toNumber(address) };
    this.#numbers.set(address, known);
    return known.family === family && known.value >= first && known.value < first + size;
  }

  #lies(address: string, network: string): boolean {
    const found = this.ground.networks.find((n) => n.name === network);
    return found !== undefined && inNetwork(found, address);
  }

  #place(node: Hop, network: string, address: string): void {
    const key = `${network} ${address}`;
    if (!this.#owners.has(key)) this.#owners.set(key, node.name);
    this.#own.add(`${node.name} ${address}`);
  }

  #walk(from: string, to: string): Way {
    const legs: Leg[] = [];
    const seen = new Set<string>();
    let node = this.#nodes.get(from);
    while (node !== undefined) {
      const { name } = node;
      if (name !== from || legs.length > 0) {
        if (this.#own.has(`${name} ${to}`)) return { legs };
        if (node.role !== 'router' && node.role !== 'director')
          return { legs, stop: { at: name, why: 'no-forwarding' } };
      }
      if (seen.has(name) || legs.length >= MOST_LEGS) return { legs, stop: { at: name, why: 'round' } };
      seen.add(name);
      const next = this.#next(name, to);
      if (next === undefined) return { legs, stop: { at: name, why: 'no-route' } };
      const owner = this.#owners.get(`${next.network} ${next.target}`);
      if (owner === undefined || owner === name)
        return { legs, stop: { at: name, why: 'nobody', target: next.target } };
      legs.push({ from: name, ...next, to: owner });
      node = this.#nodes.get(owner);
    }
    return { legs, stop: { at: from, why: 'no-route' } };
  }
}

/** The ways of a whole plan. */
export function waysOf(plan: Plan): Ways {
  return new Ways({
    networks: plan.networks,
    nodes: plan.nodes.map((node) => ({
      ...node,
      routes: node.steps.filter((step) => step.kind === 'route'),
    })),
    services: plan.services,
    clusters: plan.clusters ?? [],
  });
}

/** VIPs and gateways that move, each with the nodes that have it: of a cluster the first, as long as it lives. */
function movable({ services, clusters }: Ground): { address: string; nodes: string[] }[] {
  const first = (name: string) => clusters.find((c) => c.directors.includes(name))?.directors[0] ?? name;
  return [
    ...services.map(({ vip, directors }) => ({ address: vip, nodes: directors.map(first) })),
    ...clusters.flatMap(({ gateways, directors }) =>
      gateways.map((address) => ({ address, nodes: directors.slice(0, 1) })),
    ),
  ];
}

/** A node's own network, or a route, as numbers: with many nodes there are many packets to be led. */
interface Entry extends Range {
  /** Interface, and its network, of the node's own networks; else the address of the next hop. */
  device?: string;
  network?: string;
  via?: string;
}

/** What a node goes by, the most specific first; a route to an own network is before it, as it takes its place. */
function tableOf({ interfaces, routes }: Ground['nodes'][number]): Entry[] {
  const stated = routes.flatMap(({ to, via }): Entry[] => {
    // Routes without a next hop lead to the node's own networks, which are there already.
    if (via === undefined) return [];
    return [{ ...range(to === 'default' ? (addressFamily(via) === 4 ? '0.0.0.0/0' : '::/0') : to), via }];
  });
  const own = interfaces.flatMap(({ name, network, addresses }) =>
    addresses
      .filter(({ address, prefix }) => prefix < hostPrefix(address))
      .map(({ address, prefix }): Entry => ({ ...range(`${address}/${prefix}`), device: name, network })),
  );
  return [...stated, ...own].sort((a, b) => b.prefix - a.prefix);
}

/** Whether a way passes one of these nodes between its ends. */
export function passes({ legs }: Way, nodes: readonly string[]): boolean {
  return legs.slice(0, -1).some((leg) => nodes.includes(leg.to));
}

/** `rs1 → router → client`. */
export function wayText(from: string, { legs }: Way): string {
  return [from, ...legs.map((leg) => leg.to)].join(' → ');
}
