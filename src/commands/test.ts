import { serviceName, type ServiceAddress } from '../plan/service-name.ts';
import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { judgeConnections, parseConnections, type ConnectionRow } from '../proof/director-table.ts';
import { judgeAnswers, judgeDistribution, requestsFor } from '../proof/distribution.ts';
import { judgeOnePacket, judgeOnePort } from '../proof/one-packet.ts';
import { observe } from '../proof/observe.ts';
import { claimsFor } from '../proof/promises.ts';
import { judgeTransfers } from '../proof/transfers.ts';
import { judge, type Verdict } from '../proof/verdict.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { captureDuring, type Captured } from '../traffic/capture.ts';
import type { Reply } from '../traffic/replies.ts';
import { ask, askFromOnePort } from '../traffic/requests.ts';
import { TRANSFER_SIZE, transfer, type Transfer } from '../traffic/transfer.ts';
import { groupChecks, takeTurns } from './mark-groups.ts';
import { scheduledSince, scheduledSoFar, type Scheduled } from './scheduled.ts';
import type { RunningLab } from './existing.ts';

interface Round {
  service: PlannedService;
  replies: Reply[];
  /** Of UDP: those to datagrams that a client sent all from one port. */
  onePort: Reply[];
  rows: ConnectionRow[];
  /** Of one-packet scheduling: what the directors counted for each real server before and after. */
  scheduled: { before: Scheduled; after: Scheduled };
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
  const { result, captures } = await captureDuring(runtime, plan, async () => ({
    rounds: await sendRounds(plan, runtime),
    turns: await takeTurns(plan, runtime),
  }));
  const { rounds, turns } = result;
  keep(captures);
  // Not while capturing: thousands of packets more would say nothing new.
  for (const round of rounds) round.transfers = await sendLarge(plan, runtime, round);
  const { observations, captures: health } = observe(captures);
  const several = plan.services.length > 1;
  return [
    ...rounds.flatMap((round) =>
      roundChecks(round).map((check) => (several ? named(check, round.service) : check)),
    ),
    ...groupChecks(turns, rounds),
    ...judge(plan, claimsFor(plan), observations, health).map((verdict) => asCheck(verdict, several)),
  ];
}

function roundChecks({ service, replies, onePort, rows, scheduled, transfers }: Round): Check[] {
  const all = [...replies, ...onePort];
  return [
    judgeAnswers(service, all),
    judgeDistribution(service, replies),
    ...(service.protocol === 'udp' ? [judgeOnePort(service, onePort)] : []),
    service.onePacket === true
      ? judgeOnePacket(service, all, rows, scheduled.before, scheduled.after)
      : judgeConnections(service, all, rows),
    // DNS has no large answers, and UDP no stream to send them in.
    ...(service.application === 'dns' ? [] : [judgeTransfers(service, transfers, TRANSFER_SIZE)]),
  ];
}

async function sendRounds(plan: Plan, runtime: Runtime): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const service of plan.services) {
    const replies: Reply[] = [];
    const onePort: Reply[] = [];
    const rows: ConnectionRow[] = [];
    const before = await scheduledSoFar(runtime, service);
    for (const { name } of clientsOf(plan, service)) {
      replies.push(...(await ask(runtime, name, service, requestsFor(service))));
      if (service.protocol === 'udp')
        onePort.push(...(await askFromOnePort(runtime, name, service, requestsFor(service))));
      // After each client: entries of connections that were reset stay for ten seconds.
      rows.push(...(await connections(runtime, service)));
    }
    rounds.push({
      service,
      replies,
      onePort,
      rows,
      scheduled: {
        before,
        after: await scheduledSince(runtime, service, before, replies.length + onePort.length),
      },
      transfers: [],
    });
  }
  return rounds;
}

/** From the first client. Where single requests fail, so will these, and each would take its whole time limit. */
async function sendLarge(plan: Plan, runtime: Runtime, { service, replies }: Round): Promise<Transfer[]> {
  const [client] = clientsOf(plan, service);
  if (service.application === 'dns') return [];
  if (client === undefined || replies.some((reply) => reply.server === undefined)) return [];
  return transfer(runtime, client.name, service);
}

async function connections(runtime: Runtime, service: PlannedService): Promise<ConnectionRow[]> {
  const tables = await runtime.exec(service.directors.map((node) => ({ node, argv: ['ipvsadm', '-Lnc'] })));
  return tables.flatMap((table) => parseConnections(table.stdout.toString()));
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
