import { hasAddress, inNetwork, mainAddress } from './addresses.ts';
import { MODE_RULES } from './modes/registry.ts';
import { segmentSize } from './modes/tun.ts';
import { addressSeenFrom, firstHop, networkRoutes, type Hop, type NextHop } from './routes.ts';
import type { PlannedNetwork, PlannedServer, PlannedService, RouteStep, Step } from './types.ts';
import type { TopologyNode } from '../topology/types.ts';

export interface NodeContext {
  node: TopologyNode;
  hop: Hop;
  hops: Hop[];
  networks: PlannedNetwork[];
  services: PlannedService[];
}

/** Always set, on or off: a new network namespace inherits it from the host, where a container engine turns it on. */
export function forwardingSysctl({ node, services }: NodeContext): Step {
  const forwards =
    node.role === 'router' ||
    carried(node.name, services).some((s) => s.servers.some((r) => MODE_RULES[r.mode].directorForwards));
  return { kind: 'sysctl', key: 'net.ipv4.ip_forward', value: forwards ? '1' : '0' };
}

/** A director's VIPs, virtual services and real servers. */
export function directorSteps({ node, hop, networks, services }: NodeContext): Step[] {
  return carried(node.name, services).flatMap((service, index, all): Step[] => [
    ...(all.findIndex((s) => s.vip === service.vip) === index
      ? [
          {
            kind: 'address',
            device: vipDevice(service.vip, hop, networks),
            address: service.vip,
            prefix: 32,
          } as const,
        ]
      : []),
    {
      kind: 'virtual-service',
      vip: service.vip,
      port: service.port,
      protocol: service.protocol,
      scheduler: service.scheduler,
      ...(service.flags === undefined ? {} : { flags: service.flags }),
      ...(service.persistence === undefined ? {} : { persistence: service.persistence }),
    },
    ...service.servers.map((server): Step => ({
      kind: 'real-server',
      vip: service.vip,
      servicePort: service.port,
      protocol: service.protocol,
      address: server.address,
      port: server.port,
      mode: server.mode,
      weight: server.weight,
      ...(server.upper === undefined ? {} : { upper: server.upper }),
      ...(server.lower === undefined ? {} : { lower: server.lower }),
      tunnel: service.tunnel,
    })),
  ]);
}

function carried(node: string, services: PlannedService[]): PlannedService[] {
  return services.filter((s) => s.directors.includes(node));
}

/** The interface on the VIP's own network, where it answers ARP; `lo` for a VIP that is only routed to. */
function vipDevice(vip: string, hop: Hop, networks: PlannedNetwork[]): string {
  const on = networks.find((n) => inNetwork(n, vip));
  return hop.interfaces.find((i) => i.network === on?.name)?.name ?? 'lo';
}

/**
 * A node's routes: those the file states, and those that follow from the networks: to networks behind routers, to
 * VIPs that lie in no network, and the default gateway. Several routes by one neighbour become its default route.
 */
export function routeSteps(context: NodeContext): Step[] {
  const { node, hop, hops } = context;
  const stated = node.routes.map((route): NextHop => ({
    to: cidr(route.to),
    via: neighbour(hop, hops, route.via),
  }));
  const gateway = defaultGateway(context);
  const found = gateway === 'none' ? [] : followingRoutes(context);
  const only = new Set(found.map((route) => route.via)).size === 1 ? found[0]?.via : undefined;
  const standard = gateway === 'none' ? undefined : (gateway ?? (node.role === 'router' ? undefined : only));
  const routes: NextHop[] = [
    ...stated,
    ...found.filter((r) => r.via !== standard && !stated.some((s) => s.to === r.to)),
    ...(standard === undefined ? [] : [{ to: 'default', via: standard }]),
  ];
  const advmss = announcedSegment(context);
  return routes.map((route): RouteStep => ({
    kind: 'route',
    ...route,
    ...(advmss === undefined ? {} : { advmss }),
  }));
}

function cidr(to: string): string {
  return to.includes('/') ? to : `${to}/32`;
}

/** The address of a neighbour that the file gives by name or by address. */
function neighbour(hop: Hop, hops: Hop[], nameOrAddress: string): string {
  const named = hops.find((h) => h.name === nameOrAddress);
  return named === undefined ? nameOrAddress : (addressSeenFrom(hop, named) ?? nameOrAddress);
}

/** The gateway that the file or the forwarding method demands; undefined where neither does. */
function defaultGateway({ node, hop, hops, services }: NodeContext): string | undefined {
  if (node.gateway === 'none') return 'none';
  if (node.gateway !== undefined) return neighbour(hop, hops, node.gateway);
  for (const service of services) {
    const server = service.servers.find((s) => s.node === node.name);
    if (server === undefined || !MODE_RULES[server.mode].gatewayIsDirector) continue;
    const via = directorsOf(service, hops)
      .map((director) => towardsDirector(hop, hops, director, server))
      .find((address) => address !== undefined);
    if (via !== undefined) return via;
  }
  return undefined;
}

/** The way from a NAT real server back to its director: on the network of the address that IPVS uses. */
function towardsDirector(hop: Hop, hops: Hop[], director: Hop, server: PlannedServer): string | undefined {
  const network = hop.interfaces.find((i) => hasAddress(i, server.address))?.network;
  const shared = director.interfaces.find((i) => i.network === network);
  return (
    (shared === undefined ? undefined : mainAddress(shared)) ??
    firstHop(hop, hops, (node) => node.name === director.name)
  );
}

function directorsOf(service: PlannedService, hops: Hop[]): Hop[] {
  return hops.filter((h) => service.directors.includes(h.name));
}

function followingRoutes({ node, hop, hops, networks, services }: NodeContext): NextHop[] {
  const routed = networkRoutes(hop, hops, networks);
  const vips = [...new Set(services.map((s) => s.vip))].flatMap((vip): NextHop[] => {
    if (networks.some((n) => inNetwork(n, vip))) return [];
    const service = services.find((s) => s.vip === vip);
    // A director or real server has the VIP itself.
    if (service === undefined || node.role === 'director' || node.role === 'real-server') return [];
    const via = firstHop(hop, hops, (other) => service.directors.includes(other.name));
    return via === undefined ? [] : [{ to: `${vip}/32`, via }];
  });
  return [...routed, ...vips];
}

/** For a TUN real server: what its routes announce, so that a client's segments fit through the tunnel. */
function announcedSegment({ hop, networks, services }: NodeContext): number | undefined {
  const sizes = services.flatMap((service) =>
    service.servers
      .filter((server) => server.node === hop.name && server.mode === 'tun')
      .map((server) => {
        const network = networks.find((n) => inNetwork(n, server.address));
        return segmentSize(network?.mtu ?? 1500, MODE_RULES.tun.overhead(service));
      }),
  );
  return sizes.length === 0 ? undefined : Math.min(...sizes);
}
