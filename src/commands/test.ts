import { isSameService, serviceName, type ServiceAddress } from '../plan/service-name.ts';
import { isProxied } from '../plan/haproxy.ts';
import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import type { Claim } from '../proof/claims.ts';
import { judgeConnections, type ConnectionRow } from '../proof/director-table.ts';
import { judgeAnswers, judgeDistribution, requestsFor, takesTurns } from '../proof/distribution.ts';
import { judgeOnePacket, judgeOnePort } from '../proof/one-packet.ts';
import { observe } from '../proof/observe.ts';
import { claimsFor } from '../proof/promises.ts';
import { judgeProxy } from '../proof/judge-proxy.ts';
import { restsOnTable, tableSubject } from '../proof/judge-table.ts';
import { judge, type Verdict } from '../proof/verdict.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { captureDuring, type Captured } from '../traffic/capture.ts';
import type { Reply } from '../traffic/replies.ts';
import { ask, askFromOnePort } from '../traffic/requests.ts';
import { checkSync } from './cluster-checks.ts';
import { connectionTables } from './connection-tables.ts';
import { checkTransfers } from './large-transfers.ts';
import { checkNames } from './name-checks.ts';
import { groupChecks, takeTurns } from './mark-groups.ts';
import { checkScheduling, limitsOf, type Limits, type Scheduling } from './scheduler-checks.ts';
import { scheduledSince, scheduledSoFar, type Scheduled } from './scheduled.ts';
import type { RunningLab } from './existing.ts';
import { settle } from './settle.ts';
import { checkTables, tableOf, type TableChecks } from './table-checks.ts';
import { inTurn } from './turn.ts';

/** Seconds until a request, or a large transfer, is given up; absent: what is more than enough for any lab. */
export interface Patience {
  request?: number;
  transfer?: number;
}

interface Round {
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
}

/**
 * Sends real requests to every service of a lab, captures them everywhere, and judges each promise.
 * @param keep called with what was captured, for whoever wants more of it than the verdicts
 * @param patience for whoever expects that much is not answered
 */
export async function test(
  lab: RunningLab,
  keep: (captures: Captured[]) => void = () => undefined,
  patience: Patience = {},
): Promise<Check[]> {
  if (lab.record.plan.services.length === 0) return [];
  return inTurn(lab, () => testNow(lab, keep, patience));
}

async function testNow(
  lab: RunningLab,
  keep: (captures: Captured[]) => void,
  patience: Patience,
): Promise<Check[]> {
  const { runtime } = lab;
  const { plan } = lab.record;
  await settle(plan, runtime);
  const tables = await checkTables(lab);
  const { result, captures } = await captureDuring(runtime, plan, async () => ({
    rounds: await sendRounds(plan, runtime, patience),
    turns: await takeTurns(plan, runtime),
  }));
  const { rounds, turns } = result;
  keep(captures);
  const synchronised = await checkSync(plan, runtime, rounds);
  const { observations, captures: health } = observe(captures);
  for (const round of rounds) {
    // Not while capturing: thousands of packets more would say nothing new.
    round.transfers = await checkTransfers(
      plan,
      runtime,
      { ...round, limited: refuses(round.service) },
      observations,
      patience.transfer,
    );
    if (isAnswered(round) && refuses(round.service))
      round.scheduling = await checkScheduling(plan, runtime, round.service);
  }
  const names = await checkNames(plan, runtime);
  const several = plan.services.length > 1;
  return [
    ...rounds.flatMap((round) => [
      ...tableRows(tables, round.service, several),
      ...roundChecks(round, tableOf(tables, round.service)).map((check) =>
        several ? named(check, round.service) : check,
      ),
    ]),
    ...tables.shared,
    ...groupChecks(turns, rounds).map(({ service, check }) =>
      restsOnTable(check, service && tableOf(tables, service)),
    ),
    ...synchronised,
    ...plan.services
      .filter(isProxied)
      .flatMap((service) =>
        judgeProxy(plan, service, observations, health).map((check) =>
          several ? named(check, service) : check,
        ),
      ),
    ...names,
    ...judge(plan, claimsAbout(plan, rounds), observations, health).map((verdict) =>
      asCheck(verdict, several),
    ),
  ];
}

/** The row of a service's table, before the first of those that rest on it. */
function tableRows({ of }: TableChecks, service: PlannedService, several: boolean): Check[] {
  return of
    .filter(({ services: [first] }) => first !== undefined && isSameService(first, service))
    .map(({ services, check }) =>
      several
        ? {
            ...check,
            id: `${check.id} ${tableSubject(services)}`,
            detail: `${tableSubject(services)}: ${check.detail}`,
          }
        : check,
    );
}

/** @param table the row about the table that the service's traffic rests on */
function roundChecks(round: Round, table: Check | undefined): Check[] {
  const { service, replies, onePort, rows, scheduled, transfers, scheduling, limits } = round;
  const all = [...replies, ...onePort];
  return [
    judgeAnswers(service, all, limits.full),
    // A real server that may be full gets no turn: what limits promise is judged instead.
    ...(limits.full === undefined ? [restsOnTable(judgeDistribution(service, replies), table)] : []),
    ...scheduling.checks.map((check) => restsOnTable(check, table)),
    ...(service.protocol === 'udp' ? [judgeOnePort(service, onePort)] : []),
    // A proxy has no table; its packets are judged instead.
    ...(isProxied(service)
      ? []
      : [
          service.onePacket === true
            ? judgeOnePacket(service, all, rows, scheduled.before, scheduled.after)
            : judgeConnections(service, all, rows),
        ]),
    ...transfers,
  ];
}

async function sendRounds(plan: Plan, runtime: Runtime, patience: Patience): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const service of plan.services) {
    const replies: Reply[] = [];
    const onePort: Reply[] = [];
    const rows: ConnectionRow[] = [];
    const before = await scheduledSoFar(runtime, service);
    const clients = clientsOf(plan, service);
    const { room } = await limitsOf(runtime, service);
    for (const { name } of clients) {
      const count = Math.min(requestsFor(service), Math.floor(room / clients.length));
      if (count > 0) replies.push(...(await ask(runtime, name, service, count, patience.request)));
      if (service.protocol === 'udp')
        onePort.push(...(await askFromOnePort(runtime, name, service, requestsFor(service))));
      // After each client: entries of connections that were reset stay for ten seconds.
      if (!isProxied(service)) rows.push(...(await connectionTables(runtime, service.directors)).flat());
    }
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
    };
    // While capturing, because it reaches real servers that requests one after the other do not.
    if (isAnswered(round) && !refuses(service))
      round.scheduling = await checkScheduling(plan, runtime, service);
    rounds.push(round);
  }
  return rounds;
}

function isAnswered({ replies }: Round): boolean {
  return replies.length > 0 && replies.every((reply) => reply.server !== undefined);
}

/** Whether the traffic that shows a scheduler or a limit is meant to be refused in the end: no mode forwards that. */
function refuses({ scheduler, servers }: PlannedService): boolean {
  return scheduler === 'ovf' || servers.some((server) => server.upper !== undefined);
}

/**
 * What the plan promises. A scheduler that does not go in turns may leave real servers out: then the promises are
 * about those that the traffic reached.
 */
function claimsAbout(plan: Plan, rounds: Round[]): Claim[] {
  return claimsFor(plan).map((claim) => {
    const round = rounds.find(({ service }) => isSameService(service, claim.service));
    if (round === undefined || takesTurns(round.service) || /^one-/.test(claim.kind)) return claim;
    const reached = claim.servers.filter(
      ({ node }) =>
        (!refuses(round.service) && round.scheduling.reached.includes(node)) ||
        [...round.replies, ...round.onePort].some((reply) => reply.server === node),
    );
    return reached.length === 0 ? claim : { ...claim, servers: reached };
  });
}

/** Where a lab has several services, each row says which it is about. */
function named(check: Check, service: ServiceAddress): Check {
  return {
    ...check,
    id: `${check.id} ${serviceName(service)}`,
    detail: `${serviceName(service)}: ${check.detail}`,
  };
}

function asCheck({ claim, outcome, why, evidence }: Verdict, several: boolean): Check {
  const check: Check = {
    id: claim.id,
    title: `${claim.mode}: ${claim.kind.replaceAll('-', ' ')}`,
    outcome,
    detail: why,
    evidence: [`promised: ${claim.promise}`, ...evidence.map((packet) => packet.text)],
  };
  return several ? named(check, claim.service) : check;
}
