import { clientsOf } from '../plan/clients.ts';
import { isProxied } from '../plan/haproxy.ts';
import { isSameService } from '../plan/service-name.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import type { ConnectionRow } from '../proof/director-table.ts';
import { requestsFor } from '../proof/distribution.ts';
import type { ServiceHealth } from '../proof/health.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Look } from '../traffic/probes.ts';
import type { Reply } from '../traffic/replies.ts';
import { ask, askFromOnePort } from '../traffic/requests.ts';
import { connectionTables } from './connection-tables.ts';
import { readHealth } from './health-state.ts';
import { templatesBefore } from './persistence-probes.ts';
import { scheduledSince, scheduledSoFar, type Scheduled } from './scheduled.ts';
import { checkScheduling, limitsOf, type Limits, type Scheduling } from './schedulers.ts';

/**
 * Milliseconds from look to look at a director's connections while many clients ask: entries of those that were reset
 * stay for ten seconds, and a client whose requests fail may take six.
 */
const LOOK = 2_000;

/** What came of asking one service. */
export interface Round {
  service: PlannedService;
  replies: Reply[];
  /** Of UDP: those to datagrams that a client sent all from one port. */
  onePort: Reply[];
  rows: ConnectionRow[];
  /** Of one-packet scheduling: what the directors counted for each real server before and after. */
  scheduled: { before: Scheduled; after: Scheduled };
  transfers: Check[];
  scheduling: Scheduling;
  limits: Limits;
  /** What the directors knew of a persistent service before anything was sent. */
  before: Look | undefined;
  /** Of its real servers where a daemon looks after them, one for each director. */
  health: ServiceHealth[];
}

/** Asks every service, from each of its clients, and reads what the directors say of it. */
export async function sendRounds(plan: Plan, runtime: Runtime): Promise<Round[]> {
  const rounds: Round[] = [];
  const looks = await templatesBefore(plan, runtime);
  for (const [index, service] of plan.services.entries()) {
    const replies: Reply[] = [];
    const onePort: Reply[] = [];
    const rows: ConnectionRow[] = [];
    const before = await scheduledSoFar(runtime, service);
    const clients = clientsOf(plan, service);
    const { room } = await limitsOf(runtime, service);
    let looked = performance.now();
    const look = async () => {
      looked = performance.now();
      if (!isProxied(service)) rows.push(...(await connectionTables(runtime, service.directors)).flat());
    };
    for (const { name } of clients) {
      const count = Math.min(requestsFor(service), Math.floor(room / clients.length));
      if (count > 0) replies.push(...(await ask(runtime, name, service, count)));
      if (service.protocol === 'udp')
        onePort.push(...(await askFromOnePort(runtime, name, service, requestsFor(service))));
      if (performance.now() - looked > LOOK) await look();
    }
    await look();
    const round: Round = {
      service,
      replies,
      onePort,
      rows,
      scheduled: {
        before,
        after: await scheduledSince(runtime, service, before, replies.length + onePort.length),
      },
      transfers: [],
      scheduling: { checks: [], reached: [] },
      limits: await limitsOf(runtime, service),
      before: looks[index],
      health: [],
    };
    // While capturing, because it reaches real servers that requests one after the other do not.
    if (isAnswered(round) && !refuses(service))
      round.scheduling = await checkScheduling(plan, runtime, service, round.before);
    rounds.push(round);
  }
  return withHealth(plan, runtime, rounds);
}

/** Whether every request was answered. */
export function isAnswered({ replies }: Round): boolean {
  return replies.length > 0 && replies.every((reply) => reply.server !== undefined);
}

/** Whether the traffic that shows a scheduler or a limit is meant to be refused in the end: no mode forwards that. */
export function refuses({ scheduler, servers }: PlannedService): boolean {
  return scheduler === 'ovf' || servers.some((server) => server.upper !== undefined);
}

/** What the daemons have made of the tables by the time that all has been asked. */
async function withHealth(plan: Plan, runtime: Runtime, rounds: Round[]): Promise<Round[]> {
  const states = await readHealth(plan, runtime);
  return rounds.map((round) => ({
    ...round,
    health: states.filter((state) => isSameService(state.service, round.service)),
  }));
}
