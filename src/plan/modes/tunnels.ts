import type { Family, TunnelType } from '../../topology/types.ts';
import { addressFamily } from '../addresses.ts';
import type { PlannedServer, PlannedService } from '../types.ts';

/** How a real server takes tunnelled packets. */
export interface TunnelKind {
  /** The fallback device that the kernel module makes, which takes packets from any sender. */
  device: string;
  /** What `ip link add … type` calls it. */
  type: string;
  modules: string[];
  /** Outer headers, in bytes. */
  overhead: number;
}

/** GRE 4 (RFC 2784); UDP 8 + GUE 4 (draft-ietf-intarea-gue). */
const SHIM: Record<TunnelType, number> = { ipip: 0, gre: 4, gue: 12 };

/** The tunnel between a service's director and one of its real servers, by the families outside and inside. */
export function tunnelKind(service: PlannedService, server: PlannedServer): TunnelKind {
  const outer = addressFamily(server.address);
  const inner = addressFamily(service.vip);
  const overhead = (outer === 4 ? 20 : 40) + SHIM[service.tunnel];
  if (service.tunnel === 'gre')
    return outer === 4
      ? { device: 'gre0', type: 'gre', modules: ['ip_gre'], overhead }
      : { device: 'ip6gre0', type: 'ip6gre', modules: ['ip6_gre'], overhead };
  const plain = plainKind(outer, inner);
  // GUE is taken off by fou, and what is left of the packet goes to the plain tunnel's device.
  const fou = service.tunnel === 'ipip' ? [] : outer === 4 ? ['fou'] : ['fou', 'fou6'];
  return { ...plain, modules: [...plain.modules, ...fou], overhead };
}

function plainKind(outer: Family, inner: Family): Omit<TunnelKind, 'overhead'> {
  if (outer === 6) return { device: 'ip6tnl0', type: 'ip6tnl', modules: ['ip6_tunnel'] };
  return inner === 4
    ? { device: 'tunl0', type: 'ipip', modules: ['ipip'] }
    : { device: 'sit0', type: 'sit', modules: ['sit'] };
}
