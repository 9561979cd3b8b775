import { nodeWith } from '../plan/addresses.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError } from '../errors.ts';
import { changesBetween, ratesBetween } from '../ipvs/changes.ts';
import { parseTable, type Counters, type TableServer, type TableService } from '../ipvs/table.ts';
import type { Plan } from '../plan/types.ts';
import { openTable } from '../traffic/tables.ts';
import type { RunningLab } from '../lifecycle/existing.ts';

export interface ShownServer extends TableServer {
  /** The node that has the address; undefined where none has. */
  node: string | undefined;
  rates: Counters;
}

export interface ShownService extends Omit<TableService, 'servers'> {
  rates: Counters;
  servers: ShownServer[];
}

export interface ShownChange {
  /** ISO 8601. */
  time: string;
  director: string;
  text: string;
}

/** One look at every director of a lab. */
export interface Frame {
  lab: string;
  /** ISO 8601. */
  time: string;
  directors: { director: string; services: ShownService[] }[];
  /** What has changed since the look before. */
  changes: ShownChange[];
}

interface Look {
  /** Milliseconds since 1970. */
  time: number;
  services: TableService[];
}

/** The kernel sums its counters up every two seconds: rates are taken over two such sums. */
const RATE_WINDOW = 4000;

/**
 * Looks at the directors' tables again and again, until the signal or for so many times.
 * @param interval seconds from look to look; a slow director makes it longer
 * @throws LabError labFailed where a director goes away meanwhile
 */
export async function* watch(
  { record, runtime }: RunningLab,
  { interval, count, signal }: { interval: number; count: number | undefined; signal: AbortSignal },
): AsyncGenerator<Frame> {
  const { plan } = record;
  const directors = plan.nodes.filter((node) => node.role === 'director').map((node) => node.name);
  if (directors.length === 0)
    throw new LabError(EXIT.badInput, `lab ${record.name} has no director to watch`, {
      fix: 'it shows the tables of IPVS; what a proxy did is in its log: lab logs NODE haproxy',
    });
  const tables = directors.map((director) => openTable(runtime, director));
  const looks = new Map<string, Look[]>(directors.map((director) => [director, []]));
  try {
    for (let shown = 0; !signal.aborted && shown !== count; shown += 1) {
      const due = performance.now() + interval * 1000;
      const texts = await Promise.all(tables.map((table) => until(signal, table.look())));
      const frames = texts.map((text, index) => {
        const director = directors[index] ?? '';
        const look = { time: Date.now(), services: parseTable(text) };
        return watched(plan, director, look, looks.get(director) ?? []);
      });
      yield {
        lab: record.name,
        time: new Date().toISOString(),
        directors: frames.map(({ director, services }) => ({ director, services })),
        changes: frames.flatMap(({ changes }) => changes),
      };
      if (shown + 1 !== count)
        await until(signal, sleep(Math.max(0, due - performance.now()), undefined, { signal }));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    for (const table of tables) table.end();
  }
}

/** @param past earlier looks at this director, oldest first; this one is added, and old ones fall out */
function watched(
  plan: Plan,
  director: string,
  look: Look,
  past: Look[],
): { director: string; services: ShownService[]; changes: ShownChange[] } {
  const nodeOf = (server: string) => nodeWith(plan, server);
  const last = past.at(-1);
  while (past[1] !== undefined && look.time - past[1].time >= RATE_WINDOW) past.shift();
  const base = past[0];
  past.push(look);
  const seconds = base === undefined ? 0 : (look.time - base.time) / 1000;
  const texts =
    last === undefined
      ? []
      : changesBetween(last.services, look.services, (server) => nodeOf(server) ?? server);
  return {
    director,
    services: look.services.map((service) => {
      const old = base?.services.find((s) => s.service === service.service);
      return {
        ...service,
        rates: ratesBetween(old?.counters, service.counters, seconds),
        servers: service.servers.map((server) => ({
          ...server,
          node: nodeOf(server.server),
          rates: ratesBetween(
            old?.servers.find((s) => s.server === server.server)?.counters,
            server.counters,
            seconds,
          ),
        })),
      };
    }),
    changes: texts.map((text) => ({ time: new Date(look.time).toISOString(), director, text })),
  };
}

async function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop);
  });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
