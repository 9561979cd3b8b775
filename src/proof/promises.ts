import { addressFamily, inNetwork } from '../plan/addresses.ts';
import { clientsAmong } from '../plan/clients.ts';
import { serviceName } from '../plan/service-name.ts';
import { replyWays } from '../plan/transit.ts';
import { waysOf, type Ways } from '../plan/ways.ts';
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
  const ways = waysOf(plan);
  return plan.services.flatMap((service) =>
    MODES.flatMap((mode) => {
      const servers = service.servers.filter(
        (s) => s.mode === mode && s.weight > 0 && !service.directors.includes(s.node),
      );
      return servers.length === 0 ? [] : modeClaims({ plan, ways }, service, mode, servers);
    }),
  );
}

interface Planned {
  plan: Plan;
  ways: Ways;
}

type Base = (
  kind: Claim['kind'],
  promise: string,
  about?: PlannedServer[],
) => Omit<Claim, 'kind' | 'networks'>;

function modeClaims(
  planned: Planned,
  service: PlannedService,
  mode: Mode,
  servers: PlannedServer[],
): Claim[] {
  const { plan } = planned;
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
        ...replyClaims(planned, service, servers, base),
        ...(elsewhere.length === 0
          ? []
          : [
              {
                kind: 'servers-elsewhere' as const,
                ...base('servers-elsewhere', "The real server is not on the director's segment.", elsewhere),
              },
            ]),
        ...ownerClaim(planned, service, servers, base),
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
        ...replyClaims(planned, service, servers, base),
        ...ownerClaim(planned, service, servers, base),
      ];
  }
}

/**
 * Where the replies of TUN and DR go: past the director, or by it where the routes lead by it, because the file makes it
 * the real servers' gateway. What differs from client to client is promised to each kind of them.
 */
function replyClaims(
  { ways }: Planned,
  service: PlannedService,
  servers: PlannedServer[],
  base: Base,
): Claim[] {
  const found = servers.map((server) => ({ server, ...replyWays(ways, service, server) }));
  const claim = (
    kind: 'replies-bypass-director' | 'replies-pass-director',
    promise: string,
    about: { server: PlannedServer; clients: string[] | undefined }[],
  ): Claim[] => {
    if (about.length === 0) return [];
    const promised = base(
      kind,
      promise,
      about.map(({ server }) => server),
    );
    return [
      {
        kind,
        ...promised,
        servers: promised.servers.map((s, index) => {
          const clients = about[index]?.clients;
          return clients === undefined ? s : { ...s, clients };
        }),
      },
    ];
  };
  return [
    ...claim(
      'replies-bypass-director',
      'Replies never pass the director.',
      found
        .filter(({ passing, past }) => passing.length === 0 || past.length > 0)
        .map(({ server, passing, past }) => ({ server, clients: passing.length === 0 ? undefined : past })),
    ),
    ...claim(
      'replies-pass-director',
      `Every reply passes the director, the real server's gateway, which leaves ${endpoint(service.vip, service.port)} as its source.`,
      found
        .filter(({ passing }) => passing.length > 0)
        .map(({ server, passing, past }) => ({ server, clients: past.length === 0 ? undefined : passing })),
    ),
  ];
}

/** Only a server on the VIP's own segment could answer its neighbours for it, and only where a neighbour asks. */
function ownerClaim(
  { plan, ways }: Planned,
  service: PlannedService,
  servers: PlannedServer[],
  base: Base,
): Claim[] {
  const networks = plan.networks
    .filter((n) => inNetwork(n, service.vip))
    .map((n) => n.name)
    .filter((name) => service.directors.some((node) => isOn(plan, node, name)))
    .filter((name) => isAsked(ways, service, name));
  const neighbours = servers.filter((s) => networks.some((n) => isOn(plan, s.node, n)));
  if (neighbours.length === 0) return [];
  const ipv4 = addressFamily(service.vip) === 4;
  const kind = ipv4 ? 'one-arp-owner' : 'one-neighbour-owner';
  const what = ipv4 ? 'ARP' : 'neighbour solicitations';
  const promise = `Exactly one MAC answers ${what} for ${service.vip}, the director's.`;
  return [{ kind, networks, ...base(kind, promise, neighbours) }];
}

/** Whether on the way of a client's request somebody looks for the VIP itself on a network. */
function isAsked(ways: Ways, service: PlannedService, network: string): boolean {
  return clientsAmong(ways.ground.nodes, service).some(({ name }) =>
    ways.way(name, service.vip).legs.some((leg) => leg.network === network && leg.target === service.vip),
  );
}

function networksOf(plan: Plan, nodes: string[]): string[] {
  return plan.nodes.filter((n) => nodes.includes(n.name)).flatMap((n) => n.interfaces.map((i) => i.network));
}

function isOn(plan: Plan, node: string, network: string): boolean {
  return plan.nodes.some((n) => n.name === node && n.interfaces.some((i) => i.network === network));
}
