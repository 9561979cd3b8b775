import type { Plan, PlannedService } from '../plan/types.ts';
import { innermost, openingOf } from './packet.ts';
import type { Observation } from './types.ts';

/** What a single request looked like where it came to a real server, read from packets. */
export interface ServerView {
  /** TCP connections that were opened for it, from end to end: each begins with a sequence number of its own. */
  connections: number;
  source: string;
  destination: string;
  /** Of its first packet; inside the tunnel, where there is one. */
  ttl: number;
  /** The header of the request, where it can be read and has one. */
  forwardedFor?: string;
}

/**
 * Reads the packets of a single request to a service.
 * @returns undefined where nothing came to a real server
 */
export function serverView(
  { servers }: Pick<PlannedService, 'servers'>,
  observations: Observation[],
): ServerView | undefined {
  const opening = observations.filter(({ packet }) => openingOf(packet) === 'SYN');
  const atServer = observations.filter(({ node }) => servers.some((server) => server.node === node));
  const first = opening.find((o) => atServer.includes(o));
  const ip = first === undefined ? undefined : innermost(first.packet);
  if (ip === undefined) return undefined;
  const header = atServer
    .map(({ packet }) => innermost(packet)?.tcp?.forwardedFor)
    .find((value) => value !== undefined);
  return {
    connections: new Set(opening.map(({ packet }) => innermost(packet)?.tcp?.sequence)).size,
    source: ip.source,
    destination: ip.destination,
    ttl: ip.ttl,
    ...(header === undefined ? {} : { forwardedFor: header }),
  };
}

/** An address with whose it is: `10.0.0.1 (director)`; a VIP, which several may have, is called so. */
export function addressWithOwner({ nodes, services }: Plan, address: string): string {
  if (services.some(({ vip }) => vip === address)) return `${address} (VIP)`;
  const owner = nodes.find((node) =>
    node.interfaces.some((i) => i.addresses.some((own) => own.address === address)),
  );
  return owner === undefined ? address : `${address} (${owner.name})`;
}
