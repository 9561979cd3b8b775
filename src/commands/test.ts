import { endpoint } from '../topology/endpoint.ts';
import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import type { Claim } from '../proof/claims.ts';
import { judgeConnections, parseConnections, type ConnectionRow } from '../proof/director-table.ts';
import { judgeAnswers, judgeDistribution, requestsFor, takesTurns } from '../proof/distribution.ts';
import { observe } from '../proof/observe.ts';
import { claimsFor } from '../proof/promises.ts';
import { judgeTransfers } from '../proof/transfers.ts';
import { judge, type Verdict } from '../proof/verdict.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { captureDuring } from '../traffic/capture.ts';
import { ask, type Reply } from '../traffic/requests.ts';
import { TRANSFER_SIZE, transfer, type Transfer } from '../traffic/transfer.ts';
import type { RunningLab } from './existing.ts';
import { checkScheduling, limitsOf, type Limits, type Scheduling } from './scheduler-checks.ts';

interface Round {
  service: PlannedService;
  replies: Reply[];
  rows: ConnectionRow[];
  transfers: Transfer[];
  scheduling: Scheduling;
  limits: Limits;
}

/** Sends real requests to every service of a lab, captures them everywhere, and judges each promise. */
export async function test({ record, runtime }: RunningLab): Promise<Check[]> {
  const { plan } = record;
  if (plan.services.length === 0) return [];
  const { result: rounds, captures } = await captureDuring(runtime, plan, () => sendRounds(plan, runtime));
  for (const round of rounds) {
    // Not while capturing: thousands of packets more would say nothing new.
    round.transfers = await sendLarge(plan, runtime, round);
    if (isAnswered(round) && refuses(round.service))
      round.scheduling = await checkScheduling(plan, runtime, round.service);
  }
  const { observations, captures: health } = observe(captures);
  const several = plan.services.length > 1;
  return [
    ...rounds.flatMap(({ service, replies, rows, transfers, scheduling, limits }) =>
      [
        judgeAnswers(service, replies, limits.full),
        // A real server that may be full gets no turn: what limits promise is judged instead.
        ...(limits.full === undefined ? [judgeDistribution(service, replies)] : []),
        ...scheduling.checks,
        judgeConnections(service, replies, rows),
        judgeTransfers(service, transfers, TRANSFER_SIZE),
      ].map((check) => (several ? named(check, service) : check)),
    ),
    ...judge(plan, claimsAbout(plan, rounds), observations, health).map((verdict) =>
      asCheck(verdict, several),
    ),
  ];
}

async function sendRounds(plan: Plan, runtime: Runtime): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const service of plan.services) {
    const clients = clientsOf(plan, service);
    const { room } = await limitsOf(runtime, service);
    const replies: Reply[] = [];
    for (const client of clients) {
      const count = Math.min(requestsFor(service), Math.floor(room / clients.length));
      if (count > 0) replies.push(...(await ask(runtime, client.name, service, count)));
    }
    const round: Round = {
      service,
      replies,
      rows: await connections(runtime, service),
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

/** From the first client. Where single requests fail, so will these, and each would take its whole time limit. */
async function sendLarge(plan: Plan, runtime: Runtime, round: Round): Promise<Transfer[]> {
  const [client] = clientsOf(plan, round.service);
  if (client === undefined || !isAnswered(round)) return [];
  return transfer(runtime, client.name, round.service);
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
    const round = rounds.find(
      ({ service: s }) => s.vip === claim.service.vip && s.port === claim.service.port,
    );
    if (round === undefined || takesTurns(round.service) || /^one-/.test(claim.kind)) return claim;
    const reached = claim.servers.filter(
      ({ node }) =>
        (!refuses(round.service) && round.scheduling.reached.includes(node)) ||
        round.replies.some((reply) => reply.server === node),
    );
    return reached.length === 0 ? claim : { ...claim, servers: reached };
  });
}

async function connections(runtime: Runtime, service: PlannedService): Promise<ConnectionRow[]> {
  const tables = await runtime.exec(service.directors.map((node) => ({ node, argv: ['ipvsadm', '-Lnc'] })));
  return tables.flatMap((table) => parseConnections(table.stdout.toString()));
}

/** Where a lab has several services, each row says which it is about. */
function named(check: Check, service: Pick<PlannedService, 'vip' | 'port'>): Check {
  return {
    ...check,
    id: `${check.id} ${endpoint(service.vip, service.port)}`,
    detail: `${endpoint(service.vip, service.port)}: ${check.detail}`,
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
