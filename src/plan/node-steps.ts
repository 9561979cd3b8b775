import type { NodeContext } from './node-context.ts';
import { forwardedTo } from './health.ts';
import { addressFamily, hostPrefix, inNetwork } from './addresses.ts';
import { isProxied } from './haproxy.ts';
import { clusterOf, hasOwnVips } from './clusters.ts';
import { hasIPv6 } from './ipv6.ts';
import { MODE_RULES } from './modes/registry.ts';
import { markSteps, oncePerMark } from './marks.ts';
import type { Hop } from './routes.ts';
import type { RealServerStep, Step } from './steps.ts';
import { SERVER_KEYS, SERVICE_KEYS, take } from './table-keys.ts';
import { NO_TRANSIT, type Transit } from './transit.ts';
import type { PlannedNetwork, PlannedServer, PlannedService } from './types.ts';
import type { Family } from '../topology/types.ts';

/**
 * Forwarding is always set, on or off: a new network namespace inherits it from the host, where a container engine turns
 * it on. Then what else the ways of packets ask of a node.
 */
export function forwardingSysctls(
  { node, hop, services }: NodeContext,
  { families, ownSource, sameDevice, toldDevice }: Transit = NO_TRANSIT,
): Step[] {
  const forwards = (family: Family) =>
    node.role === 'router' ||
    families.has(family) ||
    carried(node.name, services)
      .filter((s) => addressFamily(s.vip) === family)
      .some((s) => forwardedTo(s).some((r) => MODE_RULES[r.mode].directorForwards));
  const sysctl = (key: string, value: string): Step => ({ kind: 'sysctl', key, value });
  const ofDevices = (key: string, devices: Set<string>, value: string): Step[] =>
    [...devices].map((device) => sysctl(`net.ipv4.conf.${device}.${key}`, value));
  const withAll = (devices: Set<string>) => (devices.size === 0 ? devices : new Set(['all', ...devices]));
  return [
    sysctl('net.ipv4.ip_forward', forwards(4) ? '1' : '0'),
    ...(hasIPv6(hop) ? [sysctl('net.ipv6.conf.all.forwarding', forwards(6) ? '1' : '0')] : []),
    // Of `all` and the device the kernel takes the larger rp_filter, and either accept_local or send_redirects.
    ...ofDevices('accept_local', ownSource, '1'),
    ...ofDevices('rp_filter', withAll(ownSource), '0'),
    ...ofDevices('send_redirects', withAll(sameDevice), '0'),
    ...[...toldDevice].map((device) => sysctl(`net.ipv6.conf.${device}.accept_redirects`, '0')),
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
    ...(node.timeouts === undefined ? [] : [{ kind: 'timeouts' as const, ...node.timeouts }]),
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
    ...take(SERVER_KEYS, server),
    tunnel: service.tunnel,
  };
}

function serviceSteps(service: PlannedService): Step[] {
  return [
    { kind: 'virtual-service', ...take(SERVICE_KEYS, service) },
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
