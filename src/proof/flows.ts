import { answering } from '../plan/health.ts';
import { isSameService, serviceName, type ServiceAddress } from '../plan/service-name.ts';
import { endpoint } from '../topology/endpoint.ts';
import type { Plan } from '../plan/types.ts';
import { endpoints, innermost, transportOf, type Ip, type Packet } from './packet.ts';
import type { Journey, Observation } from './types.ts';

/** Which connection a packet belongs to. */
export interface Flow {
  /** Tells connections apart, also two from one port one after the other; of UDP, every request. */
  key: string;
  service: ServiceAddress;
  client: Endpoint;
}

interface Endpoint {
  address: string;
  port: number;
}

/** A client's address and port, with the connections that it made to one service, oldest first. */
interface Caller {
  service: ServiceAddress;
  /** Addresses of the service's real servers, its fallback and its directors. */
  inside: Set<string>;
  starts: { mark: string; time: number }[];
}

/** Finds the packets, and ICMP errors about packets, of every connection to a virtual service. */
export function classify(
  plan: Plan,
  observations: Observation[],
): { flow: Flow; observation: Observation }[] {
  const callers = findCallers(plan, observations);
  return observations.flatMap((observation) => {
    const flow = flowOf(callers, observation);
    return flow === undefined ? [] : [{ flow, observation }];
  });
}

/** Everyone who sent something to a VIP's port. */
function findCallers(plan: Plan, observations: Observation[]): Map<string, Caller[]> {
  const callers = new Map<string, Caller[]>();
  for (const { packet, time } of observations) {
    const ends = endpoints(packet);
    if (ends === undefined) continue;
    const { protocol, destination, source } = ends;
    const asked = { vip: destination.address, port: destination.port, protocol };
    const service = plan.services.find((s) => isSameService(s, asked));
    if (service === undefined) continue;
    const known = callers.get(name(source, protocol)) ?? [];
    callers.set(name(source, protocol), known);
    let caller = known.find((c) => isSameService(c.service, asked));
    if (caller === undefined) {
      const servers = answering(service);
      const nodes = new Set([...service.directors, ...servers.map((s) => s.node)]);
      const own = plan.nodes
        .filter((n) => nodes.has(n.name))
        .flatMap((n) => n.interfaces.flatMap((i) => i.addresses.map((a) => a.address)));
      caller = {
        service: asked,
        inside: new Set([...own, ...servers.map((s) => s.address), service.vip]),
        starts: [],
      };
      known.push(caller);
    }
    const mark = startMark(innermost(packet));
    if (mark === undefined) continue;
    const start = caller.starts.find((s) => s.mark === mark);
    if (start === undefined) caller.starts.push({ mark, time });
    else start.time = Math.min(start.time, time);
  }
  for (const caller of [...callers.values()].flat()) caller.starts.sort((a, b) => a.time - b.time);
  return callers;
}

function flowOf(callers: Map<string, Caller[]>, observation: Observation): Flow | undefined {
  const ip = subject(observation.packet);
  const ports = transportOf(ip);
  if (ip === undefined || ports === undefined) return undefined;
  const protocol = ip.tcp === undefined ? 'udp' : 'tcp';
  const source = { address: ip.source, port: ports.source };
  const destination = { address: ip.destination, port: ports.destination };
  for (const [client, other] of [
    [source, destination],
    [destination, source],
  ] as const) {
    const mark = client === source ? startMark(ip) : undefined;
    const caller = choose(callers.get(name(client, protocol)) ?? [], other, mark, observation.time);
    if (caller === undefined) continue;
    const start =
      (mark === undefined ? undefined : caller.starts.find((s) => s.mark === mark)) ??
      caller.starts.findLast((s) => s.time <= observation.time) ??
      caller.starts[0];
    return {
      key: `${name(client, protocol)} ${serviceName(caller.service)} ${start?.mark ?? ''}`,
      service: caller.service,
      client,
    };
  }
  return undefined;
}

/**
 * What a connection's first packet is known by. TCP: a new initial sequence number is a new connection; the same one
 * again is a retransmission. UDP has no connections: every request is one of its own, with what answers it.
 */
function startMark(ip: Ip | undefined): string | undefined {
  if (ip?.tcp?.flags.includes('SYN') === true) return String(ip.tcp.sequence);
  if (ip?.udp === undefined) return undefined;
  return [ip.id, ip.udp.payloadLength, ip.udp.digest].join(' ');
}

/**
 * The VIP's own port is certain; behind address rewriting only the server's address tells. One that serves several VIPs
 * may be asked by one client port for each of them: then the first packet's mark tells, or who began last.
 */
function choose(
  callers: Caller[],
  other: Endpoint,
  mark: string | undefined,
  time: number,
): Caller | undefined {
  const asked = callers.find((c) => c.service.vip === other.address && c.service.port === other.port);
  if (asked !== undefined) return asked;
  const behind = callers.filter((c) => c.inside.has(other.address));
  const began = (caller: Caller) => caller.starts.findLast((s) => s.time <= time)?.time ?? -Infinity;
  return (
    behind.find((c) => mark !== undefined && c.starts.some((s) => s.mark === mark)) ??
    behind.reduce<Caller | undefined>(
      (last, c) => (last === undefined || began(c) > began(last) ? c : last),
      undefined,
    )
  );
}

/** The datagram that a frame carries or, in an ICMP error, is about. */
export function subject(packet: Packet): Ip | undefined {
  const ip = innermost(packet);
  return ip?.icmp?.quoted === undefined ? ip : innermost({ ip: ip.icmp.quoted });
}

/** Which way a packet of a connection goes. */
export function directionOf(packet: Packet, client: Endpoint): Journey['direction'] {
  const ip = innermost(packet);
  const ports = transportOf(ip);
  if (ports === undefined) return 'error';
  return ip?.source === client.address && ports.source === client.port ? 'request' : 'reply';
}

function name({ address, port }: Endpoint, protocol: string): string {
  return `${protocol} ${endpoint(address, port)}`;
}
