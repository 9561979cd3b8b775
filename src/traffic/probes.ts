import type { Plan, PlannedService } from '../plan/types.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { Connections, type Connection } from './connections.ts';

/** Connections of many addresses, or of many ports of one; each address or port comes twice, all of them once first. */
export interface Probes {
  by: 'address' | 'port';
  connections: Connection[];
}

/** So that a hash that is even leaves no real server of three out, and a lab of four clients is not asked for ever. */
const MOST_ADDRESSES = 64;
const PORTS = 48;

/**
 * Asks a service from every address of every client, or from many ports of each client's first address, twice from
 * each. Connections end by a reset: the same port can be used again, and the director forgets them within seconds.
 */
export async function probe(
  runtime: Runtime,
  plan: Plan,
  service: PlannedService,
  by: Probes['by'],
): Promise<Probes> {
  const clients = plan.nodes.filter((node) => node.role === 'client');
  const share = Math.max(1, Math.floor(MOST_ADDRESSES / Math.max(1, clients.length)));
  const rounds: Connection[][] = [[], []];
  for (const client of clients) {
    const connections = new Connections(runtime, client.name);
    const ask = async (round: Connection[] | undefined, source: { address?: string; port?: number }) => {
      const connection = await connections.open(service, source);
      await connections.reset(connection);
      round?.push(connection);
      return connection;
    };
    try {
      // The address that the client's own routes choose tells which of its interfaces leads to the service.
      const { address } = await ask(rounds[0], {});
      if (by === 'port') {
        const first = [];
        for (let count = 0; count < PORTS; count += 1) first.push(await ask(rounds[0], { address }));
        for (const { port } of first) await ask(rounds[1], { address, port });
        continue;
      }
      const own = client.interfaces
        .map((own) => own.addresses.map((each) => each.address))
        .find((all) => all.includes(address)) ?? [address];
      for (const round of rounds)
        for (const each of own.slice(0, share)) await ask(round, each === '' ? {} : { address: each });
    } finally {
      await connections.end();
    }
  }
  return { by, connections: rounds.flat() };
}
