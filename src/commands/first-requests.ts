import { EXIT, LabError } from '../errors.ts';
import { markAnswering, type LabRecord } from '../records/lab.ts';
import { clientsOf } from '../plan/clients.ts';
import { serviceName } from '../plan/service-name.ts';
import type { Plan } from '../plan/types.ts';
import { overall, type Check } from '../proof/check.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Captured } from '../traffic/capture.ts';
import { ask } from '../traffic/requests.ts';
import { test } from './test.ts';

/** What a lab that is built does with its first requests. */
export interface FirstRequests {
  /** Requests that were answered through VIPs. */
  answered: number;
  /** `203.0.113.100:80 does not answer client: …`; undefined where every service answers. */
  unanswered: string | undefined;
}

/**
 * One request to each service for each real server that it may choose, from the first client. Ends with the first that
 * is not answered: whoever wants to know more tests the lab.
 */
export async function sendFirstRequests(plan: Plan, runtime: Runtime): Promise<FirstRequests> {
  let answered = 0;
  for (const service of plan.services) {
    const [client] = clientsOf(plan, service);
    const servers = service.servers.filter((server) => server.weight > 0);
    if (client === undefined || servers.length === 0) continue;
    const replies = await ask(runtime, client.name, service, servers.length, { untilFailure: true });
    const failed = replies.find((reply) => reply.server === undefined);
    answered += replies.filter((reply) => reply.server !== undefined).length;
    if (failed !== undefined)
      return {
        answered,
        unanswered: `${serviceName(service)} does not answer ${client.name}: ${failed.error}`,
      };
  }
  return { answered, unanswered: undefined };
}

const STAYS =
  'to look round in it, bring it up with lab up and without --strict: it stays, and a test says what is wrong';

/** Why a lab that does not answer is taken down again, where that was asked for. */
export function notAnswering(unanswered: string): LabError {
  return new LabError(EXIT.labFailed, `the lab is built, but ${unanswered}`, { fix: STAYS });
}

/** Why a lab is taken down again whose real servers the daemons have taken out, where that was asked for. */
export function notAsPlanned(troubles: string[]): LabError {
  return new LabError(EXIT.labFailed, `the lab is built, but ${troubles.join('; ')}`, { fix: STAYS });
}

/** What came of a lab's first requests. */
export interface WhatCame {
  /** Requests that were answered through VIPs. */
  answered: number;
  /** Of a lab that is up and does not answer: which request was not answered, and what `lab test` says of it. */
  notAnswering?: { why: string; checks: Check[] };
  /** `not-answering` where that test found something wrong, too. */
  state: 'up' | 'not-answering';
}

/**
 * What the first requests say of a lab that is built. Where one was not answered, that is written down, and a test is
 * made for the reason.
 * @param onCaptured called with what was captured meanwhile
 */
export async function whatCame(
  record: LabRecord,
  runtime: Runtime,
  { answered, unanswered: why }: FirstRequests,
  onCaptured: ((captures: Captured[]) => void) | undefined,
  progress: Progress,
): Promise<WhatCame> {
  if (why === undefined) return { answered, state: 'up' };
  const task = progress.start(record.name, 'not answering: looking why');
  try {
    await markAnswering(record.name, why);
    const checks = await test({ record, runtime }, onCaptured);
    // Nothing is tried twice: whoever demands that all is well from the first is told even then.
    const answers = overall(checks) === 'pass';
    if (answers) await markAnswering(record.name, undefined);
    return { answered, notAnswering: { why, checks }, state: answers ? 'up' : 'not-answering' };
  } finally {
    task.end();
  }
}

/** Takes the mark off a lab that was up and not answering, where a test has seen every service answer. */
export async function noteAnswers({ name, unanswered }: LabRecord, checks: readonly Check[]): Promise<void> {
  const answers = checks.filter(({ id }) => id.split(' ')[0] === 'answers');
  if (unanswered === undefined || answers.length === 0) return;
  if (answers.every(({ outcome }) => outcome === 'pass')) await markAnswering(name, undefined);
}
