import { hostNames, planInterfaces, serverAddress } from './interfaces.ts';
import { hasIPv6, ipv6Steps } from './ipv6.ts';
import { qualitySteps } from './link-quality.ts';
import { MODE_RULES } from './modes/registry.ts';
import { clusterSteps, planClusters } from './clusters.ts';
import { nameServerSteps, resolverSteps } from './name-servers.ts';
import type { NodeContext } from './node-context.ts';
import { planRoutes } from './node-routes.ts';
import { directorSteps, forwardingSysctls } from './node-steps.ts';
import type { Hop } from './routes.ts';
import type { RouteStep } from './steps.ts';
import { haproxySteps, isProxied } from './haproxy.ts';
import { healthSteps } from './health-steps.ts';
import { answering } from './health.ts';
import { transits } from './transit.ts';
import { Ways } from './ways.ts';
import { SERVER_KEYS, SERVICE_KEYS, take } from './table-keys.ts';
import type { Plan, PlannedHealth, PlannedNetwork, PlannedServer, PlannedService } from './types.ts';
import { withSysctls } from './sysctls.ts';
import { serverPrograms } from './programs.ts';
import { PART_MODULES } from './kernel-parts.ts';
import { MARK_MODULES } from './marks.ts';
import type { Health, RealServer, Topology } from '../topology/types.ts';

export const DEFAULT_MTU = 1500;

/**
 * Everything that follows from a topology: addresses, names, and each node's steps in order.
 * Pure and deterministic; the topology has been validated, so this cannot fail.
 * @param name the lab's name where it is not the topology's
 */
export function makePlan(topology: Topology, name = topology.name): Plan {
  const networks = topology.networks.map((n): PlannedNetwork => ({
    name: n.name,
    subnets: n.subnets,
    mtu: n.mtu ?? DEFAULT_MTU,
  }));
  const interfaces = planInterfaces(topology);
  const hops = topology.nodes.map((node): Hop => ({
    name: node.name,
    role: node.role,
    interfaces: interfaces.get(node.name) ?? [],
  }));
  const services = topology.services.map((service) => planService(service, hops));
  const clusters = planClusters(topology, networks, services);
  const contexts = topology.nodes.map((node, index): NodeContext => {
    const hop = hops[index] as Hop;
    return { node, hop, hops, networks, services, clusters };
  });
  const waysBy = (routes: Map<string, RouteStep[]>) =>
    new Ways({
      networks,
      nodes: hops.map((hop) => ({ ...hop, routes: routes.get(hop.name) ?? [] })),
      services,
      clusters,
    });
  const routes = planRoutes(contexts, waysBy);
  const passing = transits(waysBy(routes));
  return {
    version: 1,
    name,
    title: topology.title ?? topology.name,
    mode: topology.mode,
    networks,
    nodes: contexts.map((context) => {
      const { node, hop } = context;
      const served = services.flatMap((s) =>
        answering(s)
          .filter((r) => r.node === node.name)
          .map((r) => ({ s, r })),
      );
      return {
        ...hop,
        hosts: hostNames(hop, hops, services),
        steps: withSysctls(node.sysctls, [
          ...forwardingSysctls(context, passing.get(node.name)),
          ...ipv6Steps(hop),
          ...['lo', ...hop.interfaces.map((i) => i.name)].map((device) => ({
            kind: 'link' as const,
            device,
          })),
          ...qualitySteps(node, topology.networks),
          ...hop.interfaces.flatMap((i) =>
            i.addresses.map(({ address, prefix }) => ({
              kind: 'address' as const,
              device: i.name,
              address,
              prefix,
            })),
          ),
          ...served.flatMap(({ s, r }) =>
            // What answers on the director itself has the VIP, and gets its packets unchanged.
            s.directors.includes(node.name)
              ? []
              : MODE_RULES[r.mode].serverSteps({
                  service: s,
                  server: r,
                  interfaces: hop.interfaces.map((i) => ({
                    ...i,
                    mtu: networks.find((n) => n.name === i.network)?.mtu ?? DEFAULT_MTU,
                  })),
                }),
          ),
          ...(routes.get(node.name) ?? []),
          ...directorSteps(context),
          ...haproxySteps(services.filter((s) => s.directors.includes(node.name))),
          ...healthSteps(name, node.name, services),
          ...clusterSteps(context),
          ...nameServerSteps(hop, topology.names),
          ...resolverSteps(hop, hops),
          ...(node.role === 'real-server' || served.length > 0
            ? serverPrograms(
                name,
                node.name,
                served.map(({ s, r }) => ({ service: s, server: r })),
                hasIPv6(hop),
              )
            : []),
        ]),
      };
    }),
    services,
    ...(clusters.length === 0 ? {} : { clusters }),
    ...(topology.names.length === 0 ? {} : { names: topology.names }),
    ...(topology.needs.length === 0 ? {} : { needs: topology.needs }),
    modules: [
      ...new Set([...serviceModules(services), ...topology.needs.flatMap((need) => PART_MODULES[need])]),
    ],
  };
}

function serviceModules(services: PlannedService[]): string[] {
  const own = services.filter((service) => !isProxied(service));
  if (own.length === 0) return [];
  return [
    'ip_vs',
    ...(services.some((s) => s.mark !== undefined) ? MARK_MODULES : []),
    ...own.flatMap((s) => [
      `ip_vs_${s.scheduler}`,
      ...answering(s).flatMap((r) => MODE_RULES[r.mode].modules(s, r)),
    ]),
  ];
}

function planService(service: Topology['services'][number], hops: Hop[]): PlannedService {
  const directors = hops.filter((h) => service.directors.includes(h.name));
  const planServer = (server: RealServer): PlannedServer => ({
    node: server.node,
    address: serverAddress(hops, directors, { ...server, vip: service.vip }),
    ...take(SERVER_KEYS, server),
  });
  const planHealth = ({ fallback, ...health }: Health): PlannedHealth => ({
    ...health,
    ...(fallback === undefined ? {} : { fallback: planServer(fallback) }),
  });
  return {
    ...take(SERVICE_KEYS, {
      ...service,
      flags: service.flags.length === 0 ? undefined : service.flags,
      onePacket: service['one-packet'] ? (true as const) : undefined,
    }),
    application: service.application,
    directors: service.directors,
    tunnel: service.tunnel,
    servers: service.servers.map(planServer),
    ...(service.health === undefined ? {} : { health: planHealth(service.health) }),
  };
}
