import type { PlannedServer, PlannedService } from './types.ts';

/** The nodes that answer for a service: its real servers, and the one that does when all of those are out. */
export function answering({ servers, health }: PlannedService): PlannedServer[] {
  return [...servers, ...(health?.fallback === undefined ? [] : [health.fallback])];
}

/** Those of them that a director sends packets to: what answers on the director itself gets them without. */
export function forwardedTo(service: PlannedService): PlannedServer[] {
  return answering(service).filter(({ node }) => !service.directors.includes(node));
}

/**
 * Seconds within which a real server that has failed is out of the director's table, at worst; undefined where nobody
 * looks. It fails right after a check. ldirectord then asks one server after the other and rests for the interval
 * (ldirectord(8), checkinterval); keepalived asks each server by itself.
 */
export function noticedWithin({ servers, health }: PlannedService): number | undefined {
  if (health === undefined) return undefined;
  const { by, interval, timeout, failures } = health;
  return failures * (interval + timeout * (by === 'ldirectord' ? servers.length : 1));
}
