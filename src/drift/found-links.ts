import type { FoundFact } from './facts.ts';

/** A row of `ip -json -details addr show`. */
export interface IpLink {
  ifname: string;
  flags: string[];
  mtu: number;
  address?: string;
  addr_info: {
    family?: string;
    local?: string;
    prefixlen?: number;
    scope?: string;
    protocol?: string;
    deprecated?: boolean;
  }[];
}

/** A row of `ip -json neigh show`. */
export interface IpNeighbour {
  dst: string;
  dev: string;
  lladdr?: string;
}

/** What kernel modules put into every namespace; it is there, down, without anybody having asked for it. */
const FALLBACKS = [
  'tunl0',
  'gre0',
  'gretap0',
  'erspan0',
  'ip_vti0',
  'ip6_vti0',
  'sit0',
  'ip6tnl0',
  'ip6gre0',
];

export function linkFacts(links: IpLink[]): FoundFact[] {
  return links.map(({ ifname, flags, mtu, address }): FoundFact => {
    const up = flags.includes('UP');
    const fallback = FALLBACKS.includes(ifname);
    return {
      kind: 'link',
      name: ifname,
      attributes: {
        state: up ? 'up' : 'down',
        arp: flags.includes('NOARP') ? 'off' : 'on',
        mtu: String(mtu),
        mac: address ?? '',
      },
      incidental: ['arp', 'mtu', 'mac'],
      ...((fallback && !up) || ifname === 'lo' ? { expected: true } : {}),
      remove: [{ argv: fallback ? ['ip', 'link', 'set', ifname, 'down'] : ['ip', 'link', 'del', ifname] }],
    };
  });
}

export function addressFacts(links: IpLink[]): FoundFact[] {
  return links.flatMap(({ ifname, addr_info }) =>
    addr_info.flatMap(({ local, prefixlen, scope, protocol, deprecated }): FoundFact[] => {
      if (local === undefined || prefixlen === undefined) return [];
      const own = `${local}/${prefixlen}`;
      const byItself =
        protocol?.startsWith('kernel_') === true ||
        scope === 'link' ||
        local.startsWith('fe80:') ||
        // A tunnel of IPv6 in IPv4 has one for each IPv4 address of the node (RFC 4291, 2.5.5.1).
        (ifname === 'sit0' && prefixlen === 96) ||
        (ifname === 'lo' && ['127.0.0.1/8', '::1/128'].includes(own));
      return [
        {
          kind: 'address',
          name: `${own} on ${ifname}`,
          attributes: deprecated === true ? { deprecated: 'yes' } : {},
          ...(byItself ? { expected: true } : {}),
          remove: [{ argv: ['ip', 'addr', 'del', own, 'dev', ifname] }],
        },
      ];
    }),
  );
}

export function neighbourFacts(neighbours: IpNeighbour[]): FoundFact[] {
  return neighbours.map(({ dst, dev, lladdr }) => ({
    kind: 'neighbour',
    name: `${dst} on ${dev}`,
    attributes: { mac: lladdr ?? 'none' },
    remove: [{ argv: ['ip', 'neigh', 'del', dst, 'dev', dev] }],
  }));
}
