import type { Topology } from '../topology/types.ts';
import { inNetwork } from './addresses.ts';
import { clientsOf } from './clients.ts';
import { clusterOf } from './clusters.ts';
import { isProxied } from './haproxy.ts';
import { forwardedTo } from './health.ts';
import { MODE_RULES } from './modes/registry.ts';
import type { Plan, PlannedServer, PlannedService } from './types.ts';
import { passes, wayText, waysOf, type Way, type Ways } from './ways.ts';

/** A way that a service needs and that the plan's routes do not lead. */
export interface RouteObstacle {
  /** The node whose packets do not arrive. */
  node: string;
  message: string;
  fix: string;
}

interface Found {
  topology: Topology;
  plan: Plan;
  ways: Ways;
}

/**
 * What keeps the services of a topology from being answered: ways that the routes do not lead, or lead past the director
 * where it must rewrite the replies. Of a node that cannot be reached, or cannot answer, the first is enough. Where it is
 * `gateway: none` that a packet stops at, the file wants it so.
 */
export function obstacles(topology: Topology, plan: Plan): RouteObstacle[] {
  const found: Found = { topology, plan, ways: waysOf(plan) };
  const all = plan.services.flatMap((service) => [
    ...clientsOf(plan, service).flatMap((client) => requestObstacle(found, service, client.name) ?? []),
    ...forwardedTo(service)
      .filter((server) => !service.directors.includes(server.node))
      .flatMap((server) => [
        ...service.directors.flatMap((director) => serverObstacle(found, service, server, director) ?? []),
        ...replyObstacle(found, service, server),
      ]),
  ]);
  return all.filter((o, index) => all.findIndex((other) => other.node === o.node) === index);
}

function requestObstacle(found: Found, service: PlannedService, client: string): RouteObstacle | undefined {
  const way = found.ways.way(client, service.vip);
  const end = way.legs.at(-1)?.to;
  if (way.stop === undefined && end !== undefined && service.directors.includes(end)) return undefined;
  return stopped(found, client, way, {
    what: `client "${client}" has no way to VIP ${service.vip}`,
    to: service.vip,
    fix: `put "${client}" on a network of director "${service.directors[0] ?? ''}", or let a router join their networks`,
  });
}

function serverObstacle(
  found: Found,
  service: PlannedService,
  server: PlannedServer,
  director: string,
): RouteObstacle | undefined {
  const way = found.ways.way(director, server.address);
  if (way.stop === undefined && way.legs.at(-1)?.to === server.node) return undefined;
  const obstacle = stopped(found, director, way, {
    what: `director "${director}" has no way to real server "${server.node}" (${server.address})`,
    to: server.address,
    fix: 'put both on one network, or let a router join their networks',
  });
  return obstacle?.node === director && gatewayOf(found, director) === undefined
    ? { ...obstacle, node: server.node }
    : obstacle;
}

function replyObstacle(found: Found, service: PlannedService, server: PlannedServer): RouteObstacle[] {
  const { ways, plan } = found;
  const askers = isProxied(service)
    ? service.directors.map((name) => ({ name, address: ways.sourceOf(name, server.address) }))
    : clientsOf(plan, service).map(({ name }) => ({ name, address: ways.sourceOf(name, service.vip) }));
  const passing = service.directors.flatMap((d) => clusterOf(plan, d)?.directors ?? [d]);
  for (const { name, address } of askers) {
    if (address === undefined) continue;
    const way = ways.way(server.node, address);
    const whose = `${isProxied(service) ? 'proxy' : 'client'} "${name}"`;
    if (way.stop !== undefined) {
      const obstacle = stopped(found, server.node, way, {
        what: `replies of real server "${server.node}" have no way to ${whose}`,
        to: address,
        fix: replyFix(found, service, server, way),
      });
      if (obstacle !== undefined) return [obstacle];
      continue;
    }
    if (!MODE_RULES[server.mode].gatewayIsDirector || passes(way, passing)) continue;
    return [
      {
        node: server.node,
        message: `replies of real server "${server.node}" to ${whose} go ${wayText(server.node, way)}, past the director, which must rewrite them in mode ${server.mode}`,
        fix: pastFix(found, service, server, way),
      },
    ];
  }
  return [];
}

/** What is wrong with a way that does not lead to its end, said of the node whose stated gateway leads it astray, else of its sender. */
function stopped(
  found: Found,
  from: string,
  way: Way,
  { what, to, fix }: { what: string; to: string; fix: string },
): RouteObstacle | undefined {
  const { stop, legs } = way;
  const astray = stop?.why === 'no-forwarding' ? (legs.at(-1)?.from ?? from) : (stop?.at ?? from);
  // The file wants it so.
  if (gatewayOf(found, stop?.why === 'no-route' ? stop.at : from) === 'none') return undefined;
  const message = `${what}: ${stopText(found, from, way, to)}`;
  return stop !== undefined && gatewayOf(found, astray) !== undefined
    ? {
        node: astray,
        message,
        fix: `leave \`gateway\` of "${astray}" out, so that its routes follow from the networks, or name a neighbour that leads there`,
      }
    : { node: from, message, fix };
}

function replyFix(found: Found, service: PlannedService, server: PlannedServer, { stop }: Way): string {
  const at = stop?.at ?? server.node;
  const director = neighbouringDirector(found, service, at);
  const join = 'let a router join their networks';
  if (director === undefined || server.mode === 'proxy') return join;
  if (at !== server.node)
    return `${join}, or give "${at}" the director for its gateway: \`gateway: ${director}\``;
  return MODE_RULES[server.mode].gatewayIsDirector
    ? join
    : `${join}, or let the replies pass the director: \`gateway: ${director}\``;
}

function pastFix(found: Found, service: PlannedService, { node }: PlannedServer, way: Way): string {
  const director = neighbouringDirector(found, service, node);
  const direct = way.legs.length === 1;
  if (direct && director === undefined)
    return 'put the client on another network than the real server: no director is beside them that could get between';
  if (director === undefined) return 'put the real server on a network of the director’s';
  const stated = gatewayOf(found, node);
  return stated === undefined
    ? `name the director: \`gateway: ${director}\``
    : `leave \`gateway\` out, or name the director: \`gateway: ${director}\``;
}

/** A director of a service that a node has beside it. */
function neighbouringDirector(
  { plan }: Found,
  { directors }: PlannedService,
  node: string,
): string | undefined {
  const own = plan.nodes.find((n) => n.name === node)?.interfaces.map((i) => i.network) ?? [];
  return plan.nodes.find(
    (n) => directors.includes(n.name) && n.interfaces.some((i) => own.includes(i.network)),
  )?.name;
}

function stopText(found: Found, from: string, way: Way, to: string): string {
  const { stop, legs } = way;
  const after = legs.length === 0 ? '' : ` (${wayText(from, way)})`;
  switch (stop?.why) {
    case 'no-route': {
      const network = found.plan.networks.find((n) => inNetwork(n, to))?.name;
      const where = network === undefined ? to : `network "${network}"`;
      return `${stop.at === from ? 'it' : `"${stop.at}"`} has no route to ${where}${after}`;
    }
    case 'no-forwarding':
      return `"${stop.at}" is ${roleText(found, stop.at)} and does not forward${after}`;
    case 'nobody':
      return stop.target === to
        ? `on the network where "${stop.at}" looks for ${to} nobody has it${after}`
        : `no node has ${stop.target ?? 'it'}, the next hop of "${stop.at}"${after}`;
    case 'round':
      return `packets go round: ${wayText(from, way)}`;
    case undefined:
      return `packets end at "${legs.at(-1)?.to ?? from}"${after}`;
  }
}

function roleText({ plan }: Found, name: string): string {
  return `a ${plan.nodes.find((n) => n.name === name)?.role.replace('-', ' ') ?? 'node'}`;
}

function gatewayOf({ topology }: Found, name: string): string | undefined {
  return topology.nodes.find((node) => node.name === name)?.gateway;
}
