import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { partFunction, readDump, type Section } from '../drift/dump.ts';
import { parseTable, type TableServer } from '../ipvs/table.ts';
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
  const watched = plan.services.filter(isWatched);
  const servicesOf = ({ name }: PlannedNode) => watched.filter((service) => service.directors.includes(name));
  const asked = directors.filter((director) => servicesOf(director).length > 0);
  if (asked.length === 0) return [];
  const marker = `end-${randomBytes(12).toString('hex')}`;
  const results = await runtime.exec(
    asked.map((director) => ({
      node: director.name,
      argv: ['sh'],
      input: script(director, programsOf(servicesOf(director)), marker),
    })),
  );
  return asked.flatMap((director, index) =>
    statesOf(director.name, servicesOf(director), readDump(results[index]?.stdout.toString() ?? '', marker)),
  );
}

function programsOf(services: WatchedService[]): PlannedHealth['by'][] {
  return [...new Set(services.map(({ health }) => health.by))];
}

/** The script that a director runs to say what its table has, and what the daemons say. */
function script({ steps }: PlannedNode, programs: PlannedHealth['by'][], marker: string): string {
  return [
    partFunction(marker),
    'part table ipvsadm -Ln',
    ...programs.flatMap((by) => {
      const daemon = steps.find((step) => step.kind === 'daemon' && step.name === by);
      const pidfile = daemon?.kind === 'daemon' ? daemon.pidfile : '';
      return [
        `part ${by}-running sh -c ${quote(`read -r p <${quote(pidfile)} && kill -0 "$p"`)}`,
        `part ${by}-log tail -n ${LINES} ${LOGS[by].log}`,
        `part ${by}-checks tail -n ${LINES} ${LOGS[by].checks}`,
      ];
    }),
  ].join('\n');
}

function statesOf(director: string, services: WatchedService[], said: Map<string, Section>): ServiceHealth[] {
  const table = said.get('table');
  // Of a director that does not say what it has, nothing can be said.
  if (table?.code !== 0) return [];
  const rows = parseTable(table.text);
  return services.flatMap((service) => {
    const { by } = service.health;
    const row = rows.find(
      (each) => each.service === `${service.protocol} ${endpoint(service.vip, service.port)}`,
    );
    // A director without the service, as one without power, has no say about its real servers.
    if (row === undefined) return [];
    return stateOf(director, service, row.servers, {
      running: said.get(`${by}-running`)?.code === 0,
      log: said.get(`${by}-log`)?.text ?? '',
      checks: said.get(`${by}-checks`)?.text ?? '',
    });
  });
}

function stateOf(
  director: string,
  service: WatchedService,
  found: TableServer[],
  { running, log, checks }: { running: boolean; log: string; checks: string },
): ServiceHealth {
  const { vip, port, protocol, health } = service;
  const virtual = endOf(vip, port);
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
  const until = performance.now() + Math.min(PATIENCE, seconds * 1000);
  for (;;) {
    const states = await readHealth(plan, runtime);
    const known = states.every(({ servers }) =>
      servers.every((server) => server.check !== undefined || isOut(server)),
    );
    if (known || performance.now() > until) return states;
    await sleep(LOOK);
  }
}
