import { addressFamily, inNetwork } from '../plan/addresses.ts';
import { serviceName } from '../plan/service-name.ts';
import { endpoint } from '../topology/endpoint.ts';
import type { Plan, PlannedServer, PlannedService } from '../plan/types.ts';
import { tunnelName } from './changes.ts';
import type { Claim } from './claims.ts';

/** What a proxy promises is judged by itself: a request is two connections there. */
type Mode = Exclude<PlannedServer['mode'], 'proxy'>;

const MODES: Mode[] = ['nat', 'tun', 'dr'];

/** Protocol number in the outer IP header (IANA). */
function outerProtocol({ tunnel, vip }: PlannedService): 4 | 41 | 47 | 17 {
  if (tunnel === 'ipip') return addressFamily(vip) === 4 ? 4 : 41;
  return tunnel === 'gre' ? 47 : 17;
}

/**
 * What the services of a plan promise: for each forwarding method in use its promises about the servers that use it.
 * Left out is what cannot apply: servers of weight 0 (they get nothing), servers that are the director itself (their
 * packets cross no wire), neighbours of a VIP that lies in no network.
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
    ...base('reply-from-vip', `The reply reaches the client with ${endpoint(vip, port)} as its source.`),
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
      const number = outerProtocol(service);
      const outer = [...new Set(servers.map((s) => addressFamily(s.address)))];
      const names = outer.map((family) => tunnelName(service.tunnel, family, addressFamily(vip)));
      return [
        {
          kind: 'request-encapsulated',
          protocol: number,
          ...base(
            'request-encapsulated',
            `Between director and real server an outer IP header (${names.join(' or ')}, protocol ${number}) goes around the unchanged packet.`,
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
        ...ownerClaim(plan, service, servers, base),
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
        ...ownerClaim(plan, service, servers, base),
      ];
  }
}

/** Only a server on the VIP's own segment could answer its neighbours for it. */
function ownerClaim(
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
  const ipv4 = addressFamily(service.vip) === 4;
  const kind = ipv4 ? 'one-arp-owner' : 'one-neighbour-owner';
  const what = ipv4 ? 'ARP' : 'neighbour solicitations';
  const promise = `Exactly one MAC answers ${what} for ${service.vip}, the director's.`;
  return [{ kind, networks, ...base(kind, promise, neighbours) }];
}

function networksOf(plan: Plan, nodes: string[]): string[] {
  return plan.nodes.filter((n) => nodes.includes(n.name)).flatMap((n) => n.interfaces.map((i) => i.network));
}

function isOn(plan: Plan, node: string, network: string): boolean {
  return plan.nodes.some((n) => n.name === node && n.interfaces.some((i) => i.network === network));
}
