import type { Family } from '../../topology/types.ts';
import { addressFamily } from '../addresses.ts';
import type { Step } from '../steps.ts';
import { toCidr, block } from '../../topology/ip.ts';
import type { ModeRules, ServerContext } from './mode.ts';
import { quietVip } from './quiet-vip.ts';
import { tunnelKind } from './tunnels.ts';

/**
 * TUN (tunnelling): the director puts an outer IP header around the unchanged packet; the real server decapsulates
 * it, owns the VIP, and replies by its own router. Source: kernel net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_tunnel_xmit.
 */
export const tun: ModeRules = {
  description: 'tunnelling',
  ipvs: { flag: '-i', ldirectord: 'ipip', keepalived: 'TUN' },
  gatewayIsDirector: false,
  directorForwards: false,
  modules: (service, server) => tunnelKind(service, server).modules,
  serverSteps: (context) => {
    const { service, server, interfaces } = context;
    const { device, type } = tunnelKind(service, server);
    const gue = service.tunnel === 'gue' ? { gue: addressFamily(server.address) } : {};
    // Decapsulated packets come from clients that are not behind the tunnel: reverse path filtering drops them. The
    // kernel takes the larger of `all` and the device. IPv6 has no such filter of its own.
    const filtered =
      addressFamily(service.vip) === 4 ? ['all', device, ...interfaces.map((i) => i.name)] : [];
    return [
      { kind: 'tunnel', device, type, ...gue },
      ...filtered.map((name): Step => ({
        kind: 'sysctl',
        key: `net.ipv4.conf.${name}.rp_filter`,
        value: '0',
      })),
      ...quietVip(service.vip, device),
      ...neighbourRoutes(context),
    ];
  },
  overhead: (service, server) => tunnelKind(service, server).overhead,
};

/** Clients on the server's own segment: announce a segment size that leaves room for the outer header. */
function neighbourRoutes({ service, server, interfaces }: ServerContext): Step[] {
  const family = addressFamily(service.vip);
  return interfaces.flatMap((i) =>
    i.addresses
      .filter((own) => own.family === family)
      .slice(0, 1)
      .map(({ address, prefix }): Step => ({
        kind: 'route',
        to: toCidr(block(address, prefix)),
        device: i.name,
        source: address,
        // The kernel's own route to an IPv6 subnet has this metric; another metric would be a second route.
        ...(family === 6 ? { metric: 256 } : {}),
        advmss: segmentSize(family, i.mtu, tun.overhead(service, server)),
      })),
  );
}

/** The largest TCP segment that fits into the MTU with the outer headers around it: IPv4 20 or IPv6 40, and TCP 20. */
export function segmentSize(family: Family, mtu: number, overhead: number): number {
  return mtu - overhead - (family === 4 ? 40 : 60);
}
