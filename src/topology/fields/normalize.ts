import { block, canonical, parseCidr, toCidr } from '../ip.ts';
import { labNameFrom } from '../names.ts';
import { measured } from '../rules/quality.ts';
import { References, namesOf } from '../rules/references.ts';
import { portsOf } from '../service-ports.ts';
import type {
  Health,
  Mode,
  Persistence,
  RealServer,
  Topology,
  TopologyNode,
  VirtualService,
} from '../types.ts';
import { valueOf, type Draft, type DraftHealth, type DraftNode, type DraftService } from './draft.ts';
import { fill } from './fill.ts';
import { DEFAULT_REQUEST, healthSchema } from './health.ts';
import { maskBits } from './netmask.ts';
import { normalCluster } from './normalize-clusters.ts';
import { nodeSchema } from './node.ts';
import type { ServicePort } from './ports.ts';
import { serverSchema, serviceSchema } from './service.ts';

/** Fills in the defaults of a draft in which no problem was found. */
export function normalize(draft: Draft, defaultName: string): Topology {
  const references = new References(draft);
  return {
    name: valueOf(draft.name) ?? labNameFrom(defaultName),
    title: valueOf(draft.title),
    mode: valueOf(draft.mode ?? draft.services[0]?.mode) ?? 'nat',
    networks: draft.networks.map(({ name, subnets, mtu, quality }) => ({
      name,
      subnets: subnets.map(({ range }) => toCidr(present(range))),
      mtu: valueOf(mtu),
      quality: measured(quality),
    })),
    nodes: draft.nodes.flatMap((node) => namesOf(node).map((name) => topologyNode(name, node))),
    services: draft.services.flatMap((service) =>
      (portsOf(service) ?? []).map(({ value }) => virtualService(service, value, references)),
    ),
    clusters: draft.clusters.map((cluster) => normalCluster(cluster, references)),
    names: draft.names.map(({ name, addresses }) => ({
      name,
      addresses: present(valueOf(addresses)).map(({ value }) => value),
    })),
    needs: [...new Set((valueOf(draft.needs) ?? []).map(({ value }) => value))],
  };
}

/** What has other forms in the file, or follows from other parts of it, is worked out below. */
const NODE_KEYS = nodeSchema.omit({ role: true, on: true, routes: true, sysctls: true, count: true });

function topologyNode(name: string, node: DraftNode): TopologyNode {
  return {
    ...fill(NODE_KEYS, node),
    name,
    role: present(valueOf(node.role)),
    attachments: node.attachments.map(({ network, addresses, quality }) => ({
      network: network.value,
      addresses: addresses.map(({ value }) => value),
      quality: measured(quality),
    })),
    routes: node.routes.map(({ to, via }) => ({
      to: destination(present(valueOf(to))),
      via: present(valueOf(via)),
    })),
    sysctls: node.sysctls.map(({ key, value }) => ({ key: key.value, value: value.value })),
  };
}

function destination(to: string): string {
  const cidr = parseCidr(to);
  return cidr === undefined ? canonical(to) : toCidr(block(cidr.address, cidr.prefix));
}

/** What follows from several keys together, or from other parts of the file, is worked out below. */
const SERVICE_KEYS = serviceSchema.omit({
  ...{ port: true, ports: true, protocol: true, tls: true },
  ...{ mode: true, directors: true, servers: true, health: true },
});

function virtualService(
  draft: DraftService,
  { port, protocol, application }: ServicePort,
  references: References,
): VirtualService {
  const { flags, persistence, ...service } = fill(SERVICE_KEYS, draft);
  return {
    ...service,
    ...{ port, protocol, application },
    flags: flags ?? [],
    persistence: persistence && withPrefix(persistence),
    directors: [...new Set(references.directorsOf(draft).flatMap(({ names }) => names))],
    servers: references.serversOf(draft).flatMap(({ entry, referent }) => {
      const server = fill(serverSchema, entry);
      const mode = present(references.modeOf(draft, entry));
      return referent.names.map((node): RealServer => ({ ...server, node, mode, port: server.port ?? port }));
    }),
    health: health(valueOf(draft.health), port, references.modeOf(draft, undefined)),
  };
}

function health(draft: DraftHealth | undefined, port: number, mode: Mode | undefined): Health | undefined {
  if (draft === undefined) return undefined;
  const { request, fallback, ...health } = fill(healthSchema, draft);
  return {
    ...health,
    request: health.check === 'negotiate' ? (request ?? DEFAULT_REQUEST) : undefined,
    fallback:
      fallback === undefined
        ? undefined
        : { ...fill(serverSchema, undefined), node: fallback, port, mode: present(mode) },
  };
}

function withPrefix({
  timeout,
  netmask,
}: {
  timeout: number;
  netmask: string | number | undefined;
}): Persistence {
  const prefix = typeof netmask === 'string' ? maskBits(netmask) : netmask;
  return { timeout, ...(prefix === undefined ? {} : { prefix }) };
}

/** @throws Error where a problem went unnoticed: the schema and the draft do not agree */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value that the file must have is not there');
  return value;
}
