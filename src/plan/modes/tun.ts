import { block, toCidr } from '../../topology/ipv4.ts';
import type { TunnelType } from '../../topology/types.ts';
import type { Step } from '../types.ts';
import type { ModeRules } from './mode.ts';
import { quietVip } from './quiet-vip.ts';

interface TunnelKind {
  /** The fallback device that the kernel module makes, which takes packets from any sender. */
  device: string;
  modules: string[];
  /** Outer headers, in bytes: IPv4 20, and GRE 4 or UDP 8 + GUE 4 (RFC 2784, draft-ietf-intarea-gue). */
  overhead: number;
}

export const TUNNEL_KINDS: Record<TunnelType, TunnelKind> = {
  ipip: { device: 'tunl0', modules: ['ipip'], overhead: 20 },
  gre: { device: 'gre0', modules: ['ip_gre'], overhead: 24 },
  gue: { device: 'tunl0', modules: ['ipip', 'fou'], overhead: 32 },
};

/**
 * TUN (tunnelling): the director puts an outer IP header around the unchanged packet; the real server decapsulates
 * it, owns the VIP, and replies by its own router. Source: kernel net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_tunnel_xmit.
 */
export const tun: ModeRules = {
  description: 'tunnelling',
  flag: '-i',
  gatewayIsDirector: false,
  directorForwards: false,
  modules: (service) => TUNNEL_KINDS[service.tunnel].modules,
  serverSteps: ({ service, interfaces }) => {
    const { device, overhead } = TUNNEL_KINDS[service.tunnel];
    return [
      { kind: 'tunnel', device, tunnel: service.tunnel },
      // Decapsulated packets come from clients that are not behind the tunnel: reverse path filtering drops them.
      // The kernel takes the larger of `all` and the device.
      ...['all', device, ...interfaces.map((i) => i.name)].map((name): Step => ({
        kind: 'sysctl',
        key: `net.ipv4.conf.${name}.rp_filter`,
        value: '0',
      })),
      ...quietVip(service.vip, device),
      // Clients on the server's own segment: announce a segment size that leaves room for the outer header.
      ...interfaces.flatMap((i) =>
        i.addresses.slice(0, 1).map(({ address, prefix }): Step => ({
          kind: 'route',
          to: toCidr(block(address, prefix)),
          device: i.name,
          source: address,
          advmss: segmentSize(i.mtu, overhead),
        })),
      ),
    ];
  },
  overhead: (service) => TUNNEL_KINDS[service.tunnel].overhead,
};

/** The largest TCP segment that fits into the MTU with the outer headers around it: 20 bytes IPv4 and 20 TCP. */
export function segmentSize(mtu: number, overhead: number): number {
  return mtu - overhead - 40;
}
