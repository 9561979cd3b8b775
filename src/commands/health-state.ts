import { setTimeout as sleep } from 'node:timers/promises';
import { parseTable, type TableService } from '../ipvs/table.ts';
import { answering } from '../plan/health.ts';
import { KEEPALIVED_CHECKS_LOG } from '../plan/keepalived.ts';
import { LDIRECTORD_CHECKS, LDIRECTORD_LOG } from '../plan/ldirectord.ts';
import { quote } from '../plan/script.ts';
import { serviceName } from '../plan/service-name.ts';
import type { Plan, PlannedHealth, PlannedNode, PlannedServer, PlannedService } from '../plan/types.ts';
import { healthTroubles, isOut, type ServiceHealth } from '../proof/health.ts';
import { lastCheck, lastMove, type LogEnd } from '../proof/health-log.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { endpoint } from '../topology/endpoint.ts';

export type WatchedService = PlannedService & { health: PlannedHealth };

/** Whether a daemon looks after a service's real servers. */
export function isWatched(service: PlannedService): service is WatchedService {
  return service.health !== undefined;
}

/** Where the daemons write what they did, and what came of their checks. */
const LOGS: Record<PlannedHealth['by'], { log: string; checks: string }> = {
  ldirectord: { log: LDIRECTORD_LOG, checks: LDIRECTORD_CHECKS },
  keepalived: { log: KEEPALIVED_CHECKS_LOG, checks: KEEPALIVED_CHECKS_LOG },
};
/** Lines of each that are read: the last ones of very many. */
const LINES = '5000';

/**
 * What has become of the real servers of every service that a daemon looks after, at each of some directors: by its
 * table, and by the daemon's log.
 */
export async function readHealth(
  plan: Plan,
  runtime: Runtime,
  directors: PlannedNode[] = plan.nodes.filter((node) => node.role === 'director'),
): Promise<ServiceHealth[]> {
  const states = await Promise.all(
    directors.map(async (director) => {
      const services = plan.services
        .filter(isWatched)
        .filter((service) => service.directors.includes(director.name));
      return services.length === 0 ? [] : readDirector(runtime, director, services);
    }),
  );
  return states.flat();
}

async function readDirector(
  runtime: Runtime,
  director: PlannedNode,
  services: WatchedService[],
): Promise<ServiceHealth[]> {
  const programs = [...new Set(services.map(({ health }) => health.by))];
  const ask = async (argv: string[]) => {
    const [result] = await runtime.exec([{ node: director.name, argv }]);
    return result?.code === 0 ? result.stdout.toString() : '';
  };
  const [table, ...told] = await Promise.all([
    ask(['ipvsadm', '-Ln']),
    ...programs.map(async (by) => {
      const [running, log, checks] = await Promise.all([
        ask(['sh', '-c', runningScript(director, by)]),
        ask(['tail', '-n', LINES, LOGS[by].log]),
        ask(['tail', '-n', LINES, LOGS[by].checks]),
      ]);
      return { by, running: running !== '', log, checks };
    }),
  ]);
  // Without its heading it is no table: nothing can be said of the servers then.
  if (!table.startsWith('IP Virtual Server')) return [];
  const rows = parseTable(table);
  return services.map((service) => {
    const said = told.find(({ by }) => by === service.health.by);
    return stateOf(director.name, service, rows, said ?? { running: false, log: '', checks: '' });
  });
}

function runningScript({ steps }: PlannedNode, by: string): string {
  const daemon = steps.find((step) => step.kind === 'daemon' && step.name === by);
  const pidfile = daemon?.kind === 'daemon' ? daemon.pidfile : '';
  return `read -r p <${quote(pidfile)} && kill -0 "$p" && echo up`;
}

function stateOf(
  director: string,
  service: WatchedService,
  rows: TableService[],
  { running, log, checks }: { running: boolean; log: string; checks: string },
): ServiceHealth {
  const { vip, port, protocol, health } = service;
  const virtual = endOf(vip, port);
  const found = rows.find((row) => row.service === `${protocol} ${virtual.text}`)?.servers ?? [];
  const weightOf = (server: PlannedServer) =>
    found.find((row) => row.server === endpoint(server.address, server.port))?.weight;
  const planned = answering(service).map((server) => endpoint(server.address, server.port));
  return {
    service: { vip, port, protocol },
    director,
    by: health.by,
    running,
    servers: service.servers
      .filter((server) => server.weight > 0)
      .map((server) => {
        const end = endOf(server.address, server.port);
        return {
          node: server.node,
          server: end.text,
          planned: server.weight,
          weight: weightOf(server),
          move: lastMove(health.by, log, virtual, end),
          check: lastCheck(health, checks, end),
        };
      }),
    fallback:
      health.fallback === undefined
        ? undefined
        : { node: health.fallback.node, in: (weightOf(health.fallback) ?? 0) > 0 },
    foreign: found.map((row) => row.server).filter((server) => !planned.includes(server)),
  };
}

function endOf(address: string, port: number): LogEnd {
  return { text: endpoint(address, port), address, port };
}

/** Milliseconds from look to look, and at most altogether: a check that has to wait for its time-out may take longer. */
const LOOK = 150;
const PATIENCE = 15_000;

/** What is wrong with real servers once whoever looks after them has done so: until then nobody knows. */
export async function firstTroubles(plan: Plan, runtime: Runtime): Promise<string[]> {
  const states = await firstChecks(plan, runtime);
  return states.flatMap((state) =>
    healthTroubles(state).map((text) => `${state.director}: ${serviceName(state.service)}: ${text}`),
  );
}

/**
 * Waits until each real server that somebody looks after has been checked once, or is out: what a daemon's own
 * configuration does wrong shows then, and not before.
 */
async function firstChecks(plan: Plan, runtime: Runtime): Promise<ServiceHealth[]> {
  const watched = plan.services.filter(isWatched);
  if (watched.length === 0) return [];
  // ldirectord checks all one after the other before it begins in earnest; keepalived waits for a second.
  const seconds = watched.reduce((sum, { health, servers }) => sum + health.timeout * servers.length, 1);
  const until = Date.now() + Math.min(PATIENCE, seconds * 1000);
  for (;;) {
    const states = await readHealth(plan, runtime);
    const known = states.every(({ servers }) =>
      servers.every((server) => server.check !== undefined || isOut(server)),
    );
    if (known || Date.now() > until) return states;
    await sleep(LOOK);
  }
}
