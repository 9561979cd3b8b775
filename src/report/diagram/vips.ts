import { optionsOf } from '../../plan/service-name.ts';
import { endpoint } from '../../topology/endpoint.ts';
import { addressFamily } from '../../plan/addresses.ts';
import { tunnelName } from '../../proof/changes.ts';
import { clusterOf } from '../../plan/clusters.ts';
import { deviceOn } from '../../plan/vrrp.ts';
import type { Plan, PlannedNode, PlannedService } from '../../plan/types.ts';

/** A virtual service's address on a node. */
export interface OwnedVip {
  vip: string;
  device: string;
  /** The device is a network interface, so that the VIP is to be seen from outside. */
  outside: boolean;
  /** Where the node does not answer its neighbours' questions for it: what it leaves out. */
  quiet: 'no ARP' | 'no ND' | undefined;
}

/** The VIPs that a node has, each once, in the order in which it gets them. */
export function ownedVips(
  node: PlannedNode,
  { services, clusters }: Pick<Plan, 'services' | 'clusters'>,
): OwnedVip[] {
  const vips = new Set(services.map((service) => service.vip));
  const noArp = node.steps.some(
    (step) => step.kind === 'sysctl' && step.key === 'net.ipv4.conf.all.arp_ignore' && step.value === '1',
  );
  const owned = new Map<string, OwnedVip>();
  for (const step of node.steps) {
    if (step.kind !== 'address' || !vips.has(step.address)) continue;
    const outside = node.interfaces.some((i) => i.name === step.device);
    // IPv6 answers for an address only by the interface that has it.
    const noNd = node.role === 'real-server' && !outside;
    const [silent, quiet] =
      addressFamily(step.address) === 4 ? [noArp, 'no ARP' as const] : [noNd, 'no ND' as const];
    owned.set(`${step.address} ${step.device}`, {
      vip: step.address,
      device: step.device,
      outside,
      quiet: silent ? quiet : undefined,
    });
  }
  // VRRP gives them to the first director, as long as it lives.
  const cluster = clusterOf({ clusters: clusters ?? [] }, node.name);
  if (cluster?.vrrp !== undefined && cluster.directors[0] === node.name)
    for (const { address, network } of cluster.addresses)
      if (vips.has(address)) {
        const device = deviceOn(node, network);
        owned.set(`${address} ${device}`, { vip: address, device, outside: true, quiet: undefined });
      }
  return [...owned.values()];
}

/** `VIP 192.0.2.100:80`, the forwarding methods and the scheduler, directors and real servers of a service. */
export function serviceText(service: PlannedService): { head: string; how: string; servers: string[] } {
  const modes = [...new Set(service.servers.map((server) => server.mode))];
  const inside = addressFamily(service.vip);
  const tunnels = service.servers
    .filter((server) => server.mode === 'tun')
    .map((server) => tunnelName(service.tunnel, addressFamily(server.address), inside));
  const tunnel = tunnels.length === 0 ? [] : [`in ${[...new Set(tunnels)].join(' and ')}`];
  return {
    head: `VIP ${endpoint(service.vip, service.port)}/${service.protocol}`,
    how: [
      [modes.map((mode) => mode.toUpperCase()).join(' + '), ...tunnel].join(' '),
      service.scheduler,
      ...optionsOf(service),
    ]
      .filter((part) => part !== '')
      .join(', '),
    servers: service.servers.map((server) => {
      const port = server.port === service.port ? '' : `:${server.port}`;
      const remarks = [
        ...(server.weight === 1 ? [] : [`weight ${server.weight}`]),
        ...(modes.length > 1 ? [server.mode.toUpperCase()] : []),
      ];
      return `${server.node}${port}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`;
    }),
  };
}

/** What the lab's DNS names lead to, and who says so. */
export function nameTexts({ names = [], nodes }: Plan): { head: string; how: string }[] {
  const servers = nodes.filter((node) => node.role === 'dns').map((node) => node.name);
  return names.map(({ name, addresses }) => ({
    head: name,
    how: `${addresses.length > 1 ? 'in turns ' : ''}${addresses.join(', ')}, by ${servers.join(', ')}`,
  }));
}
