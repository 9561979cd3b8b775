import { addressFamily, addressOf, hasAddress, hostPrefix, inNetwork, range } from './addresses.ts';
import { floatingGateway } from './clusters.ts';
import { forwardedTo } from './health.ts';
import { MODE_RULES } from './modes/registry.ts';
import { segmentSize } from './modes/tun.ts';
import type { NodeContext } from './node-context.ts';
import { addressSeenFrom, firstHop, networkRoutes, type Hop, type NextHop } from './routes.ts';
import type { RouteStep } from './steps.ts';
import type { PlannedServer, PlannedService } from './types.ts';
import type { Ways } from './ways.ts';
import { contains } from '../topology/ip.ts';
import type { Family } from '../topology/types.ts';

/**
 * A node's routes: those the file states, and those that follow from the networks: to networks behind routers, to
 * VIPs that lie in no network, and the default gateway. Several routes by one neighbour become its default route.
 */
function routeSteps(context: NodeContext): RouteStep[] {
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
  const demanded = directorGateway(context, family);
  const gateway = said ?? demanded;
  // What the director must rewrite goes through it, even where a router stands nearer to the client.
  const found =
    gateway === 'none' || demanded !== undefined
      ? []
      : followingRoutes(context, family).filter(
          (r) => said === undefined || isInside(hop, r.to) || !leadsItself(context, said, r),
        );
  const only = new Set(found.map((route) => route.via)).size === 1 ? found[0]?.via : undefined;
  const standard = gateway === 'none' ? undefined : (gateway ?? (node.role === 'router' ? undefined : only));
  const routes: NextHop[] = [
    ...stated,
    ...found
      // No gateway is asked for what seems to be on a network of its own.
      .filter((r) => (r.via !== standard || isInside(hop, r.to)) && !stated.some((s) => s.to === r.to))
      .map(({ to, via }) => ({ to, via })),
    ...(standard === undefined ? [] : [{ to: 'default', via: standard }]),
  ];
  return routes.map((route) => routeStep(context, family, route));
}

function routeStep(context: NodeContext, family: Family, route: NextHop): RouteStep {
  const advmss = announcedSegment(context, family);
  return { kind: 'route', ...route, ...(advmss === undefined ? {} : { advmss }) };
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
  for (const service of context.services) {
    const server = forwardedTo(service).find((s) => s.node === context.node.name);
    if (server === undefined || !MODE_RULES[server.mode].gatewayIsDirector) continue;
    if (addressFamily(server.address) !== family) continue;
    const via = wayBack(context, service, server);
    if (via !== undefined) return via;
  }
  return undefined;
}

/** The next hop from a real server to a service's director: an address that moves with the VIP, or the director's own. */
function wayBack(
  { hop, hops, networks, clusters }: NodeContext,
  service: PlannedService,
  server: PlannedServer,
): string | undefined {
  const network = networks.find((n) => inNetwork(n, server.address));
  return (
    floatingGateway(clusters, service.directors, network, addressFamily(server.address)) ??
    directorsOf(service, hops)
      .map((director) => towardsDirector(hop, hops, director, server))
      .find((address) => address !== undefined)
  );
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

/** A route that follows from the networks, and the nodes at which its destination is reached. */
interface FollowingRoute extends NextHop {
  reached: (node: Hop) => boolean;
}

function followingRoutes(
  { node, hop, hops, networks, services }: NodeContext,
  family: Family,
): FollowingRoute[] {
  const routed = networkRoutes(hop, hops, networks)
    .filter(({ to }) => range(to).family === family)
    .map((route) => {
      const network = networks.find((n) => n.subnets.includes(route.to))?.name ?? '';
      return { ...route, reached: (other: Hop) => isOn(other, network) };
    });
  // A director or proxy has the VIP itself, and so has a real server, or never needs it.
  if (['director', 'proxy', 'real-server'].includes(node.role)) return routed;
  const vips = [...new Set(services.map((s) => s.vip))].flatMap((vip): FollowingRoute[] => {
    const carriers = services.filter((s) => s.vip === vip).flatMap((s) => s.directors);
    if (addressFamily(vip) !== family || isAtHand(vip, carriers, { hop, hops, networks })) return [];
    const reached = (other: Hop) => carriers.includes(other.name);
    const via = firstHop(hop, hops, family, reached);
    return via === undefined ? [] : [{ to: cidr(vip), via, reached }];
  });
  return [...routed, ...vips];
}

/**
 * Whether a node comes to a VIP by the routes to networks: the VIP lies in one that a director stands on, which answers
 * for it there, and the node is on that network or routers lead there. All others need a route to the VIP alone.
 */
function isAtHand(
  vip: string,
  carriers: string[],
  { hop, hops, networks }: Pick<NodeContext, 'hop' | 'hops' | 'networks'>,
): boolean {
  const home = networks.find((n) => inNetwork(n, vip))?.name;
  if (home === undefined || !hops.some((h) => carriers.includes(h.name) && isOn(h, home))) return false;
  const router = (other: Hop) => other.role === 'router' && isOn(other, home);
  return isOn(hop, home) || firstHop(hop, hops, addressFamily(vip), router) !== undefined;
}

function isInside({ interfaces }: Hop, to: string): boolean {
  const first = to.replace(/\/\d+$/, '');
  return interfaces.some((i) =>
    i.addresses.some(({ address, prefix }) => contains(range(`${address}/${prefix}`), first)),
  );
}

function isOn({ interfaces }: Hop, network: string): boolean {
  return interfaces.some((i) => i.network === network);
}

/**
 * Whether a stated gateway leads by itself to where a route would lead, so that the route would only go round it. It
 * does not where its own way there is back through this node, nor where it is no node of the lab.
 */
function leadsItself(
  { hop, hops, services, clusters }: NodeContext,
  gateway: string,
  route: FollowingRoute,
): boolean {
  const family = range(route.to).family;
  const moving = clusters.find((c) => c.gateways.includes(gateway))?.directors[0];
  const virtual = services.find((s) => s.vip === gateway)?.directors[0];
  const owner = hops.find(
    (h) => h.name === (moving ?? virtual) || h.interfaces.some((i) => hasAddress(i, gateway)),
  );
  if (owner === undefined) return false;
  // It is obeyed all the same: that nothing gets on from there is said elsewhere.
  if (owner.role !== 'router' && owner.role !== 'director') return true;
  const others = hops.filter((h) => h !== hop);
  const reached = (h: Hop) => (h.role === 'router' || h.role === 'director') && route.reached(h);
  return reached(owner) || firstHop(owner, others, family, reached) !== undefined;
}

/**
 * The routes of every node. Where a NAT real server would answer a client on its own network past the director, the
 * client's address gets a route of its own by the director; not where the file wants another gateway, or none.
 */
export function planRoutes(
  contexts: NodeContext[],
  ways: (routes: Map<string, RouteStep[]>) => Ways,
): Map<string, RouteStep[]> {
  const routes = new Map(contexts.map((context) => [context.hop.name, routeSteps(context)]));
  const first = ways(routes);
  for (const context of contexts) {
    const own = routes.get(context.hop.name) ?? [];
    const added = longerWays(context, first).filter((r) => !own.some(({ to }) => to === r.to));
    // The default route stays the last.
    const end = own.at(-1)?.to === 'default' ? own.length - 1 : own.length;
    if (added.length > 0) routes.set(context.hop.name, [...own.slice(0, end), ...added, ...own.slice(end)]);
  }
  return routes;
}

function longerWays(context: NodeContext, ways: Ways): RouteStep[] {
  const { node, hop, hops, services } = context;
  if (node.gateway === 'none') return [];
  const found = services.flatMap((service) =>
    forwardedTo(service)
      .filter((s) => s.node === node.name && MODE_RULES[s.mode].gatewayIsDirector)
      .flatMap((server): RouteStep[] => {
        const family = addressFamily(server.address);
        const via = wayBack(context, service, server);
        const said = statedGateway(context, family);
        if (via === undefined || (said !== undefined && said !== via)) return [];
        if (!service.directors.includes(ways.neighbourWith(via, hop.name) ?? '')) return [];
        return hops
          .filter((h) => h.role === 'client')
          .map((client) => ways.sourceOf(client.name, service.vip))
          .filter((source) => source !== undefined)
          .filter((source) => ways.way(node.name, source).legs[0]?.target === source)
          .map((source) => routeStep(context, family, { to: cidr(source), via }));
      }),
  );
  return [...new Map(found.map((route) => [route.to, route])).values()];
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
