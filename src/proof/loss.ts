import type { ServiceAddress } from '../plan/service-name.ts';
import type { PlannedServer, PlannedService } from '../plan/types.ts';
import { serviceName } from '../plan/service-name.ts';
import { innermost, type Packet } from './packet.ts';
import type { Crossing } from './types.ts';

/** What a node ought to have done with a packet, or for the service, and did not do. */
export type Duty =
  /** Send a packet on that is for somebody else: a router, or a director with a reply. */
  | 'forward'
  /** A director: send a request on to a real server. */
  | 'schedule'
  /** A real server: answer a request. */
  | 'answer'
  /** A real server: have a socket for a request, which it refused. */
  | 'listen'
  /** Send a packet where it is received. */
  | 'transmit'
  /** Receive a packet that was sent to it. */
  | 'receive'
  /** A real server: send replies the promised way. */
  | 'route'
  /** A real server: leave it to the director to answer for the VIP. */
  | 'keep silent'
  /** Have an address, a director the VIP, and answer those who ask for it. */
  | 'own';

/** Where a connection failed: the node whose settings tell why. */
export interface Loss {
  duty: Duty;
  node: string;
  /** Interface by which the packet came in, or, of `transmit`, went out. */
  device?: string;
  service: ServiceAddress;
  /** The real server that the connection went to. */
  server?: Pick<PlannedServer, 'node' | 'address' | 'port' | 'mode'>;
  /** Of `own`: the address. */
  address?: string;
  /** The packet as it was last seen. */
  packet?: Packet;
}

/** A loss at a node, with all that is known of the connection. */
export function lossAt(
  duty: Duty,
  place: Crossing['to'] | string,
  { service, server, address, crossing }: Involved,
): Loss[] {
  const node = typeof place === 'string' ? place : place?.node;
  if (node === undefined) return [];
  return [
    {
      duty,
      node,
      service: { vip: service.vip, port: service.port, protocol: service.protocol },
      ...(typeof place === 'object' ? { device: place.device } : {}),
      ...(server === undefined ? {} : { server }),
      ...(address === undefined ? {} : { address }),
      ...(crossing === undefined ? {} : { packet: crossing.packet }),
    },
  ];
}

/** What a loss is about, as far as it is known. */
interface Involved {
  service: Pick<PlannedService, 'vip' | 'port' | 'protocol'>;
  server?: PlannedServer | undefined;
  address?: string | undefined;
  crossing?: Crossing | undefined;
}

/** Equal for losses that the same settings of the same node explain: ports of clients and counters do not matter. */
export function lossKey({ duty, node, device, service, server, address, packet }: Loss): string {
  const ip = packet === undefined ? undefined : innermost(packet);
  return [
    duty,
    node,
    device,
    serviceName(service),
    server?.node,
    server?.port,
    address,
    ip?.source,
    ip?.destination,
    packet?.ip?.source,
    packet?.ip?.destination,
    packet?.link?.destination,
  ].join(' ');
}
