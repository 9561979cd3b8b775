import { isSameService, serviceName, type ServiceAddress } from '../plan/service-name.ts';
import { isProxied } from '../plan/haproxy.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import type { Claim } from '../proof/claims.ts';
import { judgeConnections } from '../proof/director-table.ts';
import { judgeAnswers, judgeDistribution, takesTurns } from '../proof/distribution.ts';
import { judgeOnePacket, judgeOnePort } from '../proof/one-packet.ts';
import { observe } from '../proof/observe.ts';
import { claimsFor } from '../proof/promises.ts';
import { judgeProxy } from '../proof/judge-proxy.ts';
import { restsOnTable, tableSubject } from '../proof/judge-table.ts';
import { countText } from '../proof/summary.ts';
import { examine, type Verdict } from '../proof/verdict.ts';
import { judgeHealth, nodesOut } from '../proof/health.ts';
import { captureDuring, type Captured } from '../traffic/capture.ts';
import { checkSync } from '../checks/clusters.ts';
import { concludeWith } from '../checks/explain.ts';
import { isWatched } from '../checks/health-state.ts';
import { checkTransfers } from '../checks/large-transfers.ts';
import { checkNames } from '../checks/dns-names.ts';
import { groupChecks, takeTurns } from '../checks/mark-groups.ts';
import { checkScheduling } from '../checks/schedulers.ts';
import { isAnswered, refuses, sendRounds, type Round } from '../checks/rounds.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import { settle } from '../lifecycle/settle.ts';
import { checkTables, tableOf, type TableChecks } from '../checks/tables.ts';
import { staleChecks, tryStaleEntries } from '../checks/stale-entries.ts';
import { inTurn } from '../lifecycle/turn.ts';

/**
 * Sends real requests to every service of a lab, captures them everywhere, and judges each promise.
 * @param keep called with what was captured, for whoever wants more of it than the verdicts
 */
export async function test(
  lab: RunningLab,
  keep: (captures: Captured[]) => void = () => undefined,
): Promise<Check[]> {
  if (lab.record.plan.services.length === 0) return [];
  return inTurn(lab, () => testNow(lab, keep));
}

async function testNow(lab: RunningLab, keep: (captures: Captured[]) => void): Promise<Check[]> {
  const { runtime } = lab;
  const { plan } = lab.record;
  await settle(plan, runtime);
  const tables = await checkTables(lab);
  const stale = await tryStaleEntries(plan, runtime);
  const { result, captures } = await captureDuring(runtime, plan, async () => ({
    rounds: await sendRounds(plan, runtime),
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
    );
    if (isAnswered(round) && refuses(round.service))
      round.scheduling = await checkScheduling(plan, runtime, round.service, round.before);
  }
  const names = await checkNames(plan, runtime);
  const verdicts = await concludeWith(lab, examine(plan, claimsAbout(plan, rounds), observations, health));
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
    ...staleChecks(plan, stale, observations).map(({ service, check }) =>
      several ? named(check, service) : check,
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
    ...verdicts.map((verdict) => asCheck(verdict, several)),
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
  const { service, health, replies, onePort, rows, scheduled, transfers, scheduling, limits } = round;
  const all = [...replies, ...onePort];
  return [
    ...(isWatched(service) ? [judgeHealth(service, health)] : []),
    judgeAnswers(service, all, limits.full),
    // A real server that may be full gets no turn: what limits promise is judged instead.
    ...(limits.full === undefined
      ? [restsOnTable(judgeDistribution(service, replies, nodesOut(health)), table)]
      : []),
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

/**
 * What the plan promises. A scheduler that does not go in turns may leave real servers out: then the promises are
 * about those that the traffic reached.
 */
function claimsAbout(plan: Plan, rounds: Round[]): Claim[] {
  return claimsFor(plan).flatMap((claim) => {
    const round = rounds.find(({ service }) => isSameService(service, claim.service));
    if (round === undefined || takesTurns(round.service) || /^one-/.test(claim.kind)) return [claim];
    const reached = claim.servers.filter(
      ({ node, clients }) =>
        (clients === undefined && !refuses(round.service) && round.scheduling.reached.includes(node)) ||
        [...round.replies, ...round.onePort].some(
          (reply) => reply.server === node && (clients?.includes(reply.client) ?? true),
        ),
    );
    if (reached.length > 0) return [{ ...claim, servers: reached }];
    // What is about some clients alone may have had none of their connections, and says nothing then.
    return claim.servers.some(({ clients }) => clients !== undefined) ? [] : [claim];
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

function asCheck({ claim, id, outcome, why, evidence, more }: Verdict, several: boolean): Check {
  const check: Check = {
    id,
    title: `${claim.mode}: ${claim.kind.replaceAll('-', ' ')}`,
    outcome,
    detail: why,
    evidence: [
      `promised: ${claim.promise}`,
      ...evidence.map((packet) => packet.text),
      ...(more === 0 ? [] : [`… and ${countText(more, claim.service.protocol)} more, alike`]),
    ],
  };
  return several ? named(check, claim.service) : check;
}
