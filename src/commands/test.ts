import { endpoint } from '../topology/endpoint.ts';
import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { judgeConnections, parseConnections, type ConnectionRow } from '../proof/director-table.ts';
import { judgeAnswers, judgeDistribution, requestsFor } from '../proof/distribution.ts';
import { observe } from '../proof/observe.ts';
import { claimsFor } from '../proof/promises.ts';
import { judgeTransfers } from '../proof/transfers.ts';
import { judge, type Verdict } from '../proof/verdict.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { captureDuring, type Captured } from '../traffic/capture.ts';
import { ask, type Reply } from '../traffic/requests.ts';
import { TRANSFER_SIZE, transfer, type Transfer } from '../traffic/transfer.ts';
import type { RunningLab } from './existing.ts';

interface Round {
  service: PlannedService;
  replies: Reply[];
  rows: ConnectionRow[];
  transfers: Transfer[];
}

/**
 * Sends real requests to every service of a lab, captures them everywhere, and judges each promise.
 * @param keep called with what was captured, for whoever wants more of it than the verdicts
 */
export async function test(
  { record, runtime }: RunningLab,
  keep: (captures: Captured[]) => void = () => undefined,
): Promise<Check[]> {
  const { plan } = record;
  if (plan.services.length === 0) return [];
  const { result: rounds, captures } = await captureDuring(runtime, plan, () => sendRounds(plan, runtime));
  keep(captures);
  // Not while capturing: thousands of packets more would say nothing new.
  for (const round of rounds) round.transfers = await sendLarge(plan, runtime, round);
  const { observations, captures: health } = observe(captures);
  const several = plan.services.length > 1;
  return [
    ...rounds.flatMap(({ service, replies, rows, transfers }) =>
      [
        judgeAnswers(service, replies),
        judgeDistribution(service, replies),
        judgeConnections(service, replies, rows),
        judgeTransfers(service, transfers, TRANSFER_SIZE),
      ].map((check) => (several ? named(check, service) : check)),
    ),
    ...judge(plan, claimsFor(plan), observations, health).map((verdict) => asCheck(verdict, several)),
  ];
}

async function sendRounds(plan: Plan, runtime: Runtime): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const service of plan.services) {
    const replies: Reply[] = [];
    for (const client of clientsOf(plan, service))
      replies.push(...(await ask(runtime, client.name, service, requestsFor(service))));
    rounds.push({ service, replies, rows: await connections(runtime, service), transfers: [] });
  }
  return rounds;
}

/** From the first client. Where single requests fail, so will these, and each would take its whole time limit. */
async function sendLarge(plan: Plan, runtime: Runtime, { service, replies }: Round): Promise<Transfer[]> {
  const [client] = clientsOf(plan, service);
  if (client === undefined || replies.some((reply) => reply.server === undefined)) return [];
  return transfer(runtime, client.name, service);
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
