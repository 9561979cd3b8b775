import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { judgeConnections, parseConnections, type ConnectionRow } from '../proof/director-table.ts';
import { judgeAnswers, judgeDistribution, requestsFor } from '../proof/distribution.ts';
import { observe } from '../proof/observe.ts';
import { claimsFor } from '../proof/promises.ts';
import { judge, type Verdict } from '../proof/verdict.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { captureDuring } from '../traffic/capture.ts';
import { ask, type Reply } from '../traffic/requests.ts';
import type { RunningLab } from './existing.ts';

interface Round {
  service: PlannedService;
  replies: Reply[];
  rows: ConnectionRow[];
}

/** Sends real requests to every service of a lab, captures them everywhere, and judges each promise. */
export async function test({ record, runtime }: RunningLab): Promise<Check[]> {
  const { plan } = record;
  if (plan.services.length === 0) return [];
  const { result: rounds, captures } = await captureDuring(runtime, plan, () => sendRounds(plan, runtime));
  const { observations, captures: health } = observe(captures);
  const several = plan.services.length > 1;
  return [
    ...rounds.flatMap(({ service, replies, rows }) =>
      [
        judgeAnswers(service, replies),
        judgeDistribution(service, replies),
        judgeConnections(service, replies, rows),
      ].map((check) => (several ? named(check, service) : check)),
    ),
    ...judge(plan, claimsFor(plan), observations, health).map((verdict) => asCheck(verdict, several)),
  ];
}

async function sendRounds(plan: Plan, runtime: Runtime): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const service of plan.services) {
    const replies: Reply[] = [];
    for (const client of plan.nodes.filter((node) => node.role === 'client'))
      replies.push(...(await ask(runtime, client.name, service, requestsFor(service))));
    rounds.push({ service, replies, rows: await connections(runtime, service) });
  }
  return rounds;
}

async function connections(runtime: Runtime, service: PlannedService): Promise<ConnectionRow[]> {
  const tables = await runtime.exec(service.directors.map((node) => ({ node, argv: ['ipvsadm', '-Lnc'] })));
  return tables.flatMap((table) => parseConnections(table.stdout.toString()));
}

/** Where a lab has several services, each row says which it is about. */
function named(check: Check, service: Pick<PlannedService, 'vip' | 'port'>): Check {
  return {
    ...check,
    id: `${check.id} ${service.vip}:${service.port}`,
    detail: `${service.vip}:${service.port}: ${check.detail}`,
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
