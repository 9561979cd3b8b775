import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { serviceTables } from './held.ts';
import { Connections, type Connection, type Source } from './connections.ts';

/** Connections of many addresses, or of many ports of one; each address or port comes twice, the second time in the reverse order. */
export interface Probes {
  by: 'address' | 'port';
  connections: Connection[];
  /** What the directors knew before the first and after the last, where that was looked at. */
  looks?: Looks;
}

export interface Looks {
  before: Look;
  after: Look;
  /** When the last connections of all that were asked for again began; as the times of looks. */
  since: number;
}

/** `ipvsadm -Lnc` of each director that schedules, and when it was read: milliseconds of one clock. */
export interface Look {
  begun: number;
  ended: number;
  tables: string[];
}

/** Looks at the connections that the directors of a service know. */
export async function look(runtime: Runtime, service: PlannedService): Promise<Look> {
  const begun = performance.now();
  const tables = await serviceTables(runtime, service, 'ipvsadm -Lnc');
  return { begun, ended: performance.now(), tables };
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
  const clients = clientsOf(plan, service);
  const share = Math.max(1, Math.floor(MOST_ADDRESSES / Math.max(1, clients.length)));
  const rounds: Connection[][] = [[], []];
  for (const client of clients) {
    const connections = new Connections(runtime, client.name);
    const ask = (sources: Source[]) => Promise.all(sources.map((source) => connections.ask(service, source)));
    try {
      // The address that the client's own routes choose tells which of its interfaces leads to the service.
      const [first] = await ask([{}]);
      const address = first?.address ?? '';
      const all = client.interfaces.flatMap((own) =>
        ([4, 6] as const).map((family) =>
          own.addresses.filter((each) => each.family === family).map((each) => each.address),
        ),
      );
      const own = address === '' ? [] : (all.find((each) => each.includes(address)) ?? [address]);
      const sources: Source[] =
        by === 'port'
          ? own.slice(0, 1).flatMap((each) => Array.from({ length: PORTS }, () => ({ address: each })))
          : own.slice(0, share).map((each) => ({ address: each }));
      const once = first === undefined ? [] : [first, ...(await ask(sources))];
      rounds[0]?.push(...once);
      // Backwards, so that a scheduler that goes in turns cannot meet each again by the count of them.
      const again = once.slice(1).reverse();
      rounds[1]?.push(
        ...(await ask(again.map((one) => (by === 'port' ? one : { address: one.address })).map(sourceOf))),
      );
    } finally {
      await connections.end();
    }
  }
  return { by, connections: rounds.flat() };
}

/** Asks a service once more from each of these clients' addresses. */
export async function probeAgain(
  runtime: Runtime,
  service: PlannedService,
  from: Pick<Connection, 'client' | 'address'>[],
): Promise<Connection[]> {
  const asked: Connection[] = [];
  for (const name of new Set(from.map(({ client }) => client))) {
    const connections = new Connections(runtime, name);
    try {
      const own = from.filter(({ client }) => client === name);
      asked.push(...(await Promise.all(own.map(({ address }) => connections.ask(service, { address })))));
    } finally {
      await connections.end();
    }
  }
  return asked;
}

function sourceOf({ address, port }: Source): Source {
  return { ...(address === undefined ? {} : { address }), ...(port === undefined ? {} : { port }) };
}
