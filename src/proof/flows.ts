import { endpoint } from '../topology/endpoint.ts';
import type { Plan } from '../plan/types.ts';
import { endpoints, innermost, type Ip, type Packet } from './packet.ts';
import type { Journey, Observation } from './path.ts';

/** Which connection a packet belongs to. */
export interface Flow {
  /** Tells connections apart, also two from one port one after the other. */
  key: string;
  service: { vip: string; port: number };
  client: Endpoint;
}

interface Endpoint {
  address: string;
  port: number;
}

/** A client's address and port, with the connections that it made to one service, oldest first. */
interface Caller {
  service: { vip: string; port: number };
  /** Addresses of the service's real servers and directors. */
  inside: Set<string>;
  starts: { sequence: number; time: number }[];
}

/** Finds the packets, and ICMP errors about packets, of every TCP connection to a virtual service. */
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
    if (ends?.protocol !== 'tcp') continue;
    const service = plan.services.find(
      (s) => s.vip === ends.destination.address && s.port === ends.destination.port,
    );
    if (service === undefined) continue;
    const known = callers.get(name(ends.source)) ?? [];
    callers.set(name(ends.source), known);
    let caller = known.find((c) => c.service.vip === service.vip && c.service.port === service.port);
    if (caller === undefined) {
      const nodes = new Set([...service.directors, ...service.servers.map((s) => s.node)]);
      const own = plan.nodes
        .filter((n) => nodes.has(n.name))
        .flatMap((n) => n.interfaces.flatMap((i) => i.addresses.map((a) => a.address)));
      caller = {
        service: { vip: service.vip, port: service.port },
        inside: new Set([...own, ...service.servers.map((s) => s.address), service.vip]),
        starts: [],
      };
      known.push(caller);
    }
    // A new initial sequence number is a new connection; the same one again is a retransmission.
    const tcp = innermost(packet)?.tcp;
    if (tcp === undefined || !tcp.flags.includes('SYN')) continue;
    const start = caller.starts.find((s) => s.sequence === tcp.sequence);
    if (start === undefined) caller.starts.push({ sequence: tcp.sequence, time });
    else start.time = Math.min(start.time, time);
  }
  for (const caller of [...callers.values()].flat()) caller.starts.sort((a, b) => a.time - b.time);
  return callers;
}

function flowOf(callers: Map<string, Caller[]>, observation: Observation): Flow | undefined {
  const ip = subject(observation.packet);
  const tcp = ip?.tcp;
  if (ip === undefined || tcp === undefined) return undefined;
  const source = { address: ip.source, port: tcp.source };
  const destination = { address: ip.destination, port: tcp.destination };
  for (const [client, other] of [
    [source, destination],
    [destination, source],
  ] as const) {
    const caller = choose(callers.get(name(client)) ?? [], other);
    if (caller === undefined) continue;
    const opening = client === source && tcp.flags.includes('SYN');
    const start =
      (opening ? caller.starts.find((s) => s.sequence === tcp.sequence) : undefined) ??
      caller.starts.findLast((s) => s.time <= observation.time) ??
      caller.starts[0];
    return {
      key: `${name(client)} ${endpoint(caller.service.vip, caller.service.port)} ${start?.sequence ?? ''}`,
      service: caller.service,
      client,
    };
  }
  return undefined;
}

/** The VIP's own port is certain; behind address rewriting only the server's address tells. */
function choose(callers: Caller[], other: Endpoint): Caller | undefined {
  return (
    callers.find((c) => c.service.vip === other.address && c.service.port === other.port) ??
    callers.find((c) => c.inside.has(other.address))
  );
}

/** The TCP packet that a frame carries or, in an ICMP error, is about. */
export function subject(packet: Packet): Ip | undefined {
  const ip = innermost(packet);
  return ip?.icmp?.quoted === undefined ? ip : innermost({ ip: ip.icmp.quoted });
}

/** Which way a packet of a connection goes. */
export function directionOf(packet: Packet, client: Endpoint): Journey['direction'] {
  const ip = innermost(packet);
  if (ip?.tcp === undefined) return 'error';
  return ip.source === client.address && ip.tcp.source === client.port ? 'request' : 'reply';
}

function name({ address, port }: Endpoint): string {
  return endpoint(address, port);
}
