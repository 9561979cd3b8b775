import type { PlannedService } from '../plan/types.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { Connections, type Connection } from './connections.ts';

/** Connections that were opened one after the other and stayed, some of them ended in between; in order. */
export interface Held {
  events: HeldEvent[];
  /** `ipvsadm -Ln` of each director before the first, and while the last were open. */
  before: string[];
  during: string[];
}

export interface HeldEvent {
  kind: 'opened' | 'ended';
  connection: Connection;
}

/**
 * Holds connections to a service: opens `first`, ends those of the busiest real server, opens `then` more, and lets go.
 * A scheduler that goes in turns does not notice what has ended; one that looks at what is open does.
 */
export async function holdConnections(
  runtime: Runtime,
  client: string,
  service: PlannedService,
  { first, then }: { first: number; then: number },
): Promise<Held> {
  const connections = new Connections(runtime, client);
  const events: HeldEvent[] = [];
  const open = async (count: number) => {
    const opened = await Promise.all(Array.from({ length: count }, () => connections.open(service)));
    for (const connection of opened) events.push({ kind: 'opened', connection });
  };
  const before = await serviceTables(runtime, service);
  try {
    await open(first);
    // What a director knows of datagrams does not end with the socket that sent them.
    const ending = service.protocol === 'udp' ? [] : ofTheBusiest(events.map((event) => event.connection));
    for (const connection of ending) {
      await connections.close(connection);
      events.push({ kind: 'ended', connection });
    }
    await open(then);
    const during = await serviceTables(runtime, service);
    await Promise.all(events.map(({ connection }) => connections.reset(connection)));
    return { events, before, during };
  } finally {
    await connections.end();
  }
}

/**
 * `ipvsadm -Ln` (or another look) of every director that carries a service. Of several only who has the VIP schedules: what the others
 * count they have from a sync daemon.
 */
export async function serviceTables(
  runtime: Runtime,
  { directors, vip }: Pick<PlannedService, 'directors' | 'vip'>,
  look = 'ipvsadm -Ln',
): Promise<string[]> {
  const line = directors.length === 1 ? look : `! ip -o addr show | grep -q ' ${vip}/' || ${look}`;
  const tables = await runtime.exec(directors.map((node) => ({ node, argv: ['sh', '-c', line] })));
  return tables.map((table) => table.stdout.toString());
}

function ofTheBusiest(connections: Connection[]): Connection[] {
  const of = (server: string | undefined) => connections.filter((c) => c.server === server);
  const servers = [...new Set(connections.map((connection) => connection.server))];
  return servers
    .filter((server) => server !== undefined)
    .map(of)
    .reduce((most, group) => (group.length > most.length ? group : most), []);
}
