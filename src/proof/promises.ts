import { inNetwork } from '../plan/addresses.ts';
import { serviceName } from '../plan/service-name.ts';
import type { Plan, PlannedServer, PlannedService } from '../plan/types.ts';
import type { Claim } from './claims.ts';

type Mode = PlannedServer['mode'];
type TunnelType = PlannedService['tunnel'];

const MODES: Mode[] = ['nat', 'tun', 'dr'];

/** Protocol number in the outer IP header (IANA). */
const OUTER_PROTOCOL: Record<TunnelType, 4 | 47 | 17> = { ipip: 4, gre: 47, gue: 17 };
const TUNNEL_NAME: Record<TunnelType, string> = { ipip: 'IPIP', gre: 'GRE', gue: 'GUE' };

/**
 * What the services of a plan promise: for each forwarding method in use its promises about the servers that use it.
 * Left out is what cannot apply: servers of weight 0 (they get nothing), servers that are the director itself (their
 * packets cross no wire), ARP for a VIP that lies in no network.
 */
export function claimsFor(plan: Plan): Claim[] {
  return plan.services.flatMap((service) =>
    MODES.flatMap((mode) => {
      const servers = service.servers.filter(
        (s) => s.mode === mode && s.weight > 0 && !service.directors.includes(s.node),
      );
      return servers.length === 0 ? [] : modeClaims(plan, service, mode, servers);
    }),
  );
}

function modeClaims(plan: Plan, service: PlannedService, mode: Mode, servers: PlannedServer[]): Claim[] {
  const { vip, port, protocol, directors } = service;
  const base = (kind: Claim['kind'], promise: string, about = servers) => ({
    id: `${mode}/${serviceName(service)}/${kind}`,
    mode,
    promise,
    service: { vip, port, protocol },
    directors,
    servers: about.map((s) => ({ node: s.node, address: s.address, port: s.port })),
  });
  const fromVip: Claim = {
    kind: 'reply-from-vip',
    ...base('reply-from-vip', `The reply reaches the client with ${vip}:${port} as its source.`),
  };
  const bypass: Claim = {
    kind: 'replies-bypass-director',
    ...base('replies-bypass-director', 'Replies never pass the director.'),
  };
  switch (mode) {
    case 'nat': {
      const neighbours = servers.filter((s) =>
        networksOf(plan, directors).some((n) => isOn(plan, s.node, n)),
      );
      return [
        {
          kind: 'request-rewritten',
          ...base(
            'request-rewritten',
            "The request reaches the real server with the client's address as source and the server's own address and port as destination.",
          ),
        },
        fromVip,
        {
          kind: 'replies-pass-director',
          ...base('replies-pass-director', 'Every reply passes the director.'),
        },
        ...(neighbours.length === 0
          ? []
          : [
              {
                kind: 'gateway-is-director' as const,
                ...base('gateway-is-director', "The real server's gateway is the director.", neighbours),
              },
            ]),
      ];
    }
    case 'tun': {
      const elsewhere = servers.filter(
        (s) => !networksOf(plan, directors).some((n) => isOn(plan, s.node, n)),
      );
      const outer = OUTER_PROTOCOL[service.tunnel];
      return [
        {
          kind: 'request-encapsulated',
          protocol: outer,
          ...base(
            'request-encapsulated',
            `Between director and real server an outer IP header (${TUNNEL_NAME[service.tunnel]}, protocol ${outer}) goes around the unchanged packet.`,
          ),
        },
        fromVip,
        bypass,
        ...(elsewhere.length === 0
          ? []
          : [
              {
                kind: 'servers-elsewhere' as const,
                ...base('servers-elsewhere', "The real server is not on the director's segment.", elsewhere),
              },
            ]),
        ...arpClaim(plan, service, servers, base),
      ];
    }
    case 'dr':
      return [
        {
          kind: 'request-redirected',
          ...base(
            'request-redirected',
            "The director rewrites the destination MAC to the chosen real server's; IP addresses and ports stay as they are.",
          ),
        },
        fromVip,
        bypass,
        ...arpClaim(plan, service, servers, base),
      ];
  }
}

/** Only a server on the VIP's own segment could answer ARP for it. */
function arpClaim(
  plan: Plan,
  service: PlannedService,
  servers: PlannedServer[],
  base: (kind: Claim['kind'], promise: string, about?: PlannedServer[]) => Omit<Claim, 'kind' | 'networks'>,
): Claim[] {
  const networks = plan.networks
    .filter((n) => inNetwork(n, service.vip))
    .map((n) => n.name)
    .filter((name) => service.directors.some((node) => isOn(plan, node, name)));
  const neighbours = servers.filter((s) => networks.some((n) => isOn(plan, s.node, n)));
  if (neighbours.length === 0) return [];
  const promise = `Exactly one MAC answers ARP for ${service.vip}, the director's.`;
  return [{ kind: 'one-arp-owner', networks, ...base('one-arp-owner', promise, neighbours) }];
}

function networksOf(plan: Plan, nodes: string[]): string[] {
  return plan.nodes.filter((n) => nodes.includes(n.name)).flatMap((n) => n.interfaces.map((i) => i.network));
}

function isOn(plan: Plan, node: string, network: string): boolean {
  return plan.nodes.some((n) => n.name === node && n.interfaces.some((i) => i.network === network));
}
