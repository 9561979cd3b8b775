import { valueOf, type Draft, type DraftNode } from './draft.ts';
import type { DraftPersistence, DraftService } from './draft-services.ts';
import { canonical, parseCidr, toCidr, block } from '../ip.ts';
import { measured } from '../rules/quality.ts';
import { labNameFrom } from '../names.ts';
import { maskBits } from './netmask.ts';
import { clusterOf } from './normalize-clusters.ts';
import { References, namesOf } from '../rules/references.ts';
import type { DraftHealth } from './draft-health.ts';
import { DEFAULT_REQUEST } from './schema-health.ts';
import { DEFAULT_HEALTH, DEFAULT_PERSISTENCE } from './schema-numbers.ts';
import { portsOf } from '../service-ports.ts';
import type { ServicePort } from './ports.ts';
import type {
  Health,
  Mode,
  Persistence,
  RealServer,
  Topology,
  TopologyNode,
  VirtualService,
} from '../types.ts';

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
    clusters: draft.clusters.map((cluster) => clusterOf(cluster, references)),
    names: draft.names.map(({ name, addresses }) => ({
      name,
      addresses: present(valueOf(addresses)).map(({ value }) => value),
    })),
    needs: [...new Set((valueOf(draft.needs) ?? []).map(({ value }) => value))],
  };
}

function topologyNode(name: string, node: DraftNode): TopologyNode {
  return {
    name,
    role: present(valueOf(node.role)),
    attachments: node.attachments.map(({ network, addresses, quality }) => ({
      network: network.value,
      addresses: addresses.map(({ value }) => value),
      quality: measured(quality),
    })),
    gateway: valueOf(node.gateway),
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

function virtualService(
  service: DraftService,
  { port, protocol, application }: ServicePort,
  references: References,
): VirtualService {
  return {
    vip: present(valueOf(service.vip)),
    port,
    protocol,
    application,
    scheduler: valueOf(service.scheduler) ?? 'rr',
    flags: (valueOf(service.flags) ?? []).map(({ value }) => value),
    persistence: persistence(valueOf(service.persistence)),
    mark: valueOf(service.mark),
    onePacket: valueOf(service.onePacket) ?? false,
    directors: [...new Set(references.directorsOf(service).flatMap(({ names }) => names))],
    tunnel: valueOf(service.tunnel) ?? 'ipip',
    servers: references.serversOf(service).flatMap(({ entry, referent }) =>
      referent.names.map((node): RealServer => ({
        node,
        weight: valueOf(entry?.weight) ?? 1,
        upper: valueOf(entry?.upper),
        lower: valueOf(entry?.lower),
        port: valueOf(entry?.port) ?? port,
        mode: present(references.modeOf(service, entry)),
        network: valueOf(entry?.network),
      })),
    ),
    health: health(valueOf(service.health), port, references.modeOf(service, undefined)),
  };
}

function health(given: DraftHealth | undefined, port: number, mode: Mode | undefined): Health | undefined {
  if (given === undefined) return undefined;
  const check = valueOf(given.check) ?? DEFAULT_HEALTH.check;
  const fallback = valueOf(given.fallback);
  return {
    by: valueOf(given.by) ?? DEFAULT_HEALTH.by,
    check,
    request: check === 'negotiate' ? (valueOf(given.request) ?? DEFAULT_REQUEST) : undefined,
    receive: valueOf(given.receive),
    command: valueOf(given.command),
    interval: valueOf(given.interval) ?? DEFAULT_HEALTH.interval,
    timeout: valueOf(given.timeout) ?? DEFAULT_HEALTH.timeout,
    failures: valueOf(given.failures) ?? DEFAULT_HEALTH.failures,
    quiescent: valueOf(given.quiescent) ?? DEFAULT_HEALTH.quiescent,
    fallback:
      fallback === undefined
        ? undefined
        : {
            node: fallback,
            weight: 1,
            upper: undefined,
            lower: undefined,
            port,
            mode: present(mode),
            network: undefined,
          },
  };
}

function persistence(given: DraftPersistence | undefined): Persistence | undefined {
  if (given === undefined) return undefined;
  const netmask = valueOf(given.netmask);
  const prefix = typeof netmask === 'string' ? maskBits(netmask) : netmask;
  return {
    timeout: valueOf(given.timeout) ?? DEFAULT_PERSISTENCE,
    ...(prefix === undefined ? {} : { prefix }),
  };
}

/** @throws Error where a problem went unnoticed: the schema and the draft do not agree */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value that the file must have is not there');
  return value;
}
