import type { NodeContext } from './node-context.ts';
import { addressFamily, addressOf, hasAddress, hostPrefix, inNetwork, range } from './addresses.ts';
import { forwardedTo } from './health.ts';
import { isProxied } from './haproxy.ts';
import { clusterOf, floatingGateway, hasOwnVips } from './clusters.ts';
import { hasIPv6 } from './ipv6.ts';
import { MODE_RULES } from './modes/registry.ts';
import { markSteps, oncePerMark } from './marks.ts';
import { segmentSize } from './modes/tun.ts';
import { addressSeenFrom, firstHop, networkRoutes, type Hop, type NextHop } from './routes.ts';
import type { RealServerStep, RouteStep, Step } from './steps.ts';
import type { PlannedNetwork, PlannedServer, PlannedService } from './types.ts';
import type { Family } from '../topology/types.ts';

/** Always set, on or off: a new network namespace inherits it from the host, where a container engine turns it on. */
export function forwardingSysctls({ node, hop, services }: NodeContext): Step[] {
  const forwards = (family: Family) =>
    node.role === 'router' ||
    carried(node.name, services)
      .filter((s) => addressFamily(s.vip) === family)
      .some((s) => forwardedTo(s).some((r) => MODE_RULES[r.mode].directorForwards));
  const sysctl = (key: string, family: Family): Step => ({
    kind: 'sysctl',
    key,
    value: forwards(family) ? '1' : '0',
  });
  return [
    sysctl('net.ipv4.ip_forward', 4),
    ...(hasIPv6(hop) ? [sysctl('net.ipv6.conf.all.forwarding', 6)] : []),
  ];
}

/** A director's VIPs, virtual services and real servers. */
export function directorSteps({ node, hop, networks, services, clusters }: NodeContext): Step[] {
  const own = carried(node.name, services);
  const hasVips = hasOwnVips(clusterOf({ clusters }, node.name), node.name);
  return [
    ...markSteps(
      hop.interfaces.map((i) => i.name),
      own,
    ),
    ...oncePerMark(own).flatMap((service, index, all): Step[] => [
      ...(hasVips && all.findIndex((s) => s.vip === service.vip) === index
        ? [
            {
              kind: 'address',
              device: vipDevice(service.vip, hop, networks),
              address: service.vip,
              prefix: hostPrefix(service.vip),
              // By the longest common prefix the kernel could prefer the VIP as the source of the outer packets of a
              // tunnel, which the real server, who has that address too, would drop.
              ...(addressFamily(service.vip) === 6 ? { deprecated: true as const } : {}),
            } as const,
          ]
        : []),
      ...(isProxied(service) ? [] : serviceSteps(service)),
    ]),
  ];
}

/** How a director is told of a real server of a service. */
export function serverStep(service: PlannedService, server: PlannedServer): RealServerStep {
  return {
    kind: 'real-server',
    vip: service.vip,
    servicePort: service.port,
    protocol: service.protocol,
    ...(service.mark === undefined ? {} : { mark: service.mark }),
    address: server.address,
    port: server.port,
    mode: server.mode,
    weight: server.weight,
    ...(server.upper === undefined ? {} : { upper: server.upper }),
    ...(server.lower === undefined ? {} : { lower: server.lower }),
    tunnel: service.tunnel,
  };
}

function serviceSteps(service: PlannedService): Step[] {
  const mark = service.mark === undefined ? {} : { mark: service.mark };
  return [
    {
      kind: 'virtual-service',
      vip: service.vip,
      port: service.port,
      protocol: service.protocol,
      ...mark,
      scheduler: service.scheduler,
      ...(service.flags === undefined ? {} : { flags: service.flags }),
      ...(service.onePacket === true ? { onePacket: true } : {}),
      ...(service.persistence === undefined ? {} : { persistence: service.persistence }),
    },
    ...service.servers.map((server) => serverStep(service, server)),
  ];
}

function carried(node: string, services: PlannedService[]): PlannedService[] {
  return services.filter((s) => s.directors.includes(node));
}

/** The interface on the VIP's own network, where it answers its neighbours; `lo` for a VIP that is only routed to. */
export function vipDevice(vip: string, hop: Hop, networks: PlannedNetwork[]): string {
  const on = networks.find((n) => inNetwork(n, vip));
  return hop.interfaces.find((i) => i.network === on?.name)?.name ?? 'lo';
}

/**
 * A node's routes: those the file states, and those that follow from the networks: to networks behind routers, to
 * VIPs that lie in no network, and the default gateway. Several routes by one neighbour become its default route.
 */
export function routeSteps(context: NodeContext): Step[] {
  return FAMILIES.flatMap((family) => familyRoutes(context, family));
}

const FAMILIES: Family[] = [4, 6];

function familyRoutes(context: NodeContext, family: Family): RouteStep[] {
  const { node, hop, hops } = context;
  const stated = node.routes
    .map(({ to, via }) => ({ to: cidr(to), via }))
    .filter(({ to }) => range(to).family === family)
    .map(({ to, via }): NextHop => ({ to, via: neighbour(hop, hops, via, family) ?? via }));
  const said = statedGateway(context, family);
  const demanded = said === undefined ? directorGateway(context, family) : undefined;
  const gateway = said ?? demanded;
  // What the director must rewrite goes through it, even where a router stands nearer to the client.
  const found = gateway === 'none' || demanded !== undefined ? [] : followingRoutes(context, family);
  const only = new Set(found.map((route) => route.via)).size === 1 ? found[0]?.via : undefined;
  const standard = gateway === 'none' ? undefined : (gateway ?? (node.role === 'router' ? undefined : only));
  const routes: NextHop[] = [
    ...stated,
    ...found.filter((r) => r.via !== standard && !stated.some((s) => s.to === r.to)),
    ...(standard === undefined ? [] : [{ to: 'default', via: standard }]),
  ];
  const advmss = announcedSegment(context, family);
  return routes.map((route): RouteStep => ({
    kind: 'route',
    ...route,
    ...(advmss === undefined ? {} : { advmss }),
  }));
}

function cidr(to: string): string {
  return to.includes('/') ? to : `${to}/${hostPrefix(to)}`;
}

/** A neighbour's address of a family, where the file gives it by name or by address; undefined where it has none. */
function neighbour(hop: Hop, hops: Hop[], nameOrAddress: string, family: Family): string | undefined {
  const named = hops.find((h) => h.name === nameOrAddress);
  if (named !== undefined) return addressSeenFrom(hop, named, family);
  return addressFamily(nameOrAddress) === family ? nameOrAddress : undefined;
}

function statedGateway({ node, hop, hops }: NodeContext, family: Family): string | undefined {
  if (node.gateway === undefined || node.gateway === 'none') return node.gateway;
  return neighbour(hop, hops, node.gateway, family);
}

/** The director that the forwarding method wants as a real server's gateway; undefined where it wants none. */
function directorGateway(context: NodeContext, family: Family): string | undefined {
  const { node, hop, hops, networks, services, clusters } = context;
  for (const service of services) {
    const server = forwardedTo(service).find((s) => s.node === node.name);
    if (server === undefined || !MODE_RULES[server.mode].gatewayIsDirector) continue;
    if (addressFamily(server.address) !== family) continue;
    const network = networks.find((n) => inNetwork(n, server.address));
    const floating = floatingGateway(clusters, service.directors, network, family);
    if (floating !== undefined) return floating;
    const via = directorsOf(service, hops)
      .map((director) => towardsDirector(hop, hops, director, server))
      .find((address) => address !== undefined);
    if (via !== undefined) return via;
  }
  return undefined;
}

/** The way from a NAT real server back to its director: on the network of the address that IPVS uses. */
function towardsDirector(hop: Hop, hops: Hop[], director: Hop, server: PlannedServer): string | undefined {
  const family = addressFamily(server.address);
  const network = hop.interfaces.find((i) => hasAddress(i, server.address))?.network;
  const shared = director.interfaces.find((i) => i.network === network);
  return (
    (shared === undefined ? undefined : addressOf(shared, family)) ??
    firstHop(hop, hops, family, (node) => node.name === director.name)
  );
}

function directorsOf(service: PlannedService, hops: Hop[]): Hop[] {
  return hops.filter((h) => service.directors.includes(h.name));
}

function followingRoutes({ node, hop, hops, networks, services }: NodeContext, family: Family): NextHop[] {
  const routed = networkRoutes(hop, hops, networks).filter(({ to }) => range(to).family === family);
  const vips = [...new Set(services.map((s) => s.vip))].flatMap((vip): NextHop[] => {
    if (addressFamily(vip) !== family || networks.some((n) => inNetwork(n, vip))) return [];
    const service = services.find((s) => s.vip === vip);
    // A director or proxy has the VIP itself, and so has a real server, or never needs it.
    if (service === undefined || ['director', 'proxy', 'real-server'].includes(node.role)) return [];
    const via = firstHop(hop, hops, family, (other) => service.directors.includes(other.name));
    return via === undefined ? [] : [{ to: cidr(vip), via }];
  });
  return [...routed, ...vips];
}

/**
 * For a TUN real server: what its routes announce, so that a client's segments fit through the tunnel.
 * @param family of the clients, which is the VIP's; the tunnel may lead through the other
 */
function announcedSegment({ hop, networks, services }: NodeContext, family: Family): number | undefined {
  const sizes = services
    .filter((service) => addressFamily(service.vip) === family)
    .flatMap((service) =>
      forwardedTo(service)
        .filter((server) => server.node === hop.name && server.mode === 'tun')
        .map((server) => {
          const network = networks.find((n) => inNetwork(n, server.address));
          return segmentSize(family, network?.mtu ?? 1500, MODE_RULES.tun.overhead(service, server));
        }),
    );
  return sizes.length === 0 ? undefined : Math.min(...sizes);
}
