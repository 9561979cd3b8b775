import type { Family } from '../topology/types.ts';
import { addressFamily } from './addresses.ts';
import { clientsAmong } from './clients.ts';
import { forwardedTo } from './health.ts';
import { passes, type Way, type Ways } from './ways.ts';
import type { PlannedServer, PlannedService } from './types.ts';

/** What a node must be set up for because of the ways that packets take, most of it a director that they pass. */
export interface Transit {
  /** Families in which it forwards. */
  families: Set<Family>;
  /**
   * Interfaces by which replies come in that bear a VIP of its own as their source, and which the kernel would take for
   * forged (accept_local, rp_filter). IPv6 has no such check.
   */
  ownSource: Set<string>;
  /** Interfaces by which replies come in and go out again, where it would tell the sender of the shorter way (IPv4). */
  sameDevice: Set<string>;
  /** Interfaces of a sender by which it is told of the shorter way (IPv6), because nothing keeps a router from that. */
  toldDevice: Set<string>;
}

export const NO_TRANSIT: Transit = empty();

function empty(): Transit {
  return { families: new Set(), ownSource: new Set(), sameDevice: new Set(), toldDevice: new Set() };
}

/** What the ways of requests and replies ask of each node, by its name. */
export function transits(ways: Ways): Map<string, Transit> {
  const found = new Map<string, Transit>();
  const { nodes, services, clusters } = ways.ground;
  const directors = new Map(nodes.filter((n) => n.role === 'director').map((n) => [n.name, n]));
  const of = (name: string): Transit => {
    const transit = found.get(name) ?? empty();
    found.set(name, transit);
    return transit;
  };
  const standIns = (name: string) => clusters.find((c) => c.directors.includes(name))?.directors ?? [name];
  const note = (
    way: Way,
    family: Family,
    service: PlannedService | undefined,
    server?: PlannedServer,
  ): void => {
    if (way.stop !== undefined) return;
    for (const [index, leg] of way.legs.slice(0, -1).entries()) {
      if (!directors.has(leg.to)) continue;
      const back = server !== undefined && way.legs[index + 1]?.network === leg.network;
      if (back && family === 6 && index === 0) of(leg.from).toldDevice.add(leg.device);
      for (const name of standIns(leg.to)) {
        const transit = of(name);
        transit.families.add(family);
        const device = directors.get(name)?.interfaces.find((i) => i.network === leg.network)?.name;
        if (family === 6 || device === undefined || server === undefined) continue;
        if (server.mode !== 'nat' && service?.directors.includes(name) === true)
          transit.ownSource.add(device);
        if (back) transit.sameDevice.add(device);
      }
    }
  };
  for (const service of services) {
    const family = addressFamily(service.vip);
    for (const { address } of forwardedTo(service))
      for (const director of service.directors)
        note(ways.way(director, address), addressFamily(address), undefined);
    for (const client of clientsAmong(nodes, service)) {
      note(ways.way(client.name, service.vip), family, undefined);
      const source = ways.sourceOf(client.name, service.vip);
      if (source === undefined) continue;
      for (const server of forwardedTo(service))
        if (server.mode !== 'proxy') note(ways.way(server.node, source), family, service, server);
    }
  }
  return found;
}

/** The clients of a service, by whether a real server's replies to them pass a director of it. */
export function replyWays(
  ways: Ways,
  service: PlannedService,
  server: PlannedServer,
): { passing: string[]; past: string[] } {
  const passing: string[] = [];
  const past: string[] = [];
  for (const { name } of clientsAmong(ways.ground.nodes, service)) {
    const source = ways.sourceOf(name, service.vip);
    const way = source === undefined ? undefined : ways.way(server.node, source);
    (way !== undefined && passes(way, service.directors) ? passing : past).push(name);
  }
  return { passing, past };
}
