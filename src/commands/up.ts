import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError } from '../errors.ts';
import { interrupted, undoing } from '../host/interrupt.ts';
import {
  holdLab,
  isSamePlan,
  labExists,
  labNames,
  lookUp,
  markAnswering,
  readRecord,
  removeRecord,
  writeRecord,
  writeSettings,
  type LabRecord,
} from '../records/lab.ts';
import type { MachineName } from '../machine/machine.ts';
import type { Plan } from '../plan/types.ts';
import { seconds, type Progress } from '../terminal/progress.ts';
import { apply } from '../runtime/apply.ts';
import type { RuntimeKind } from '../records/runtime-kinds.ts';
import type { Captured } from '../traffic/capture.ts';
import { toolVersion } from '../version.ts';
import { runtimeOf } from '../wire.ts';
import { adoptLabs } from '../lifecycle/adopt.ts';
import { choosePlace, type Wanted } from '../place/choose.ts';
import { describeServices } from '../plan/describe-services.ts';
import { healthOf, takeDown } from '../lifecycle/existing.ts';
import { firstTroubles } from '../checks/health-state.ts';
import {
  notAnswering,
  notAsPlanned,
  sendFirstRequests,
  whatCame,
  type FirstRequests,
  type WhatCame,
} from './first-requests.ts';
import { makeMachine } from '../lifecycle/make-machine.ts';
import { differs, hasKernel, unreachable } from '../lifecycle/other-lab.ts';
import { planFor } from '../lifecycle/plan-for.ts';
import { settle } from '../lifecycle/settle.ts';

export interface UpRequest extends Wanted {
  /** The topology as the user named it, for the record. */
  topology: string;
  plan: Plan;
  /** Plans it with other subnets than these where the topology leaves them open; the same plan where it does not. */
  planAround: (taken: string[]) => Plan;
  /** Take down a lab of this name first where it is of another plan. */
  reconfigure: boolean;
  /** Take it down again where it is built and its first requests are not answered. */
  strict: boolean;
  /** Called with what was captured where it does not answer and was tested for the reason. */
  onCaptured?: (captures: Captured[]) => void;
  /** Called where it fails, while what was begun is still there; must not fail itself. */
  beforeUndo?: () => Promise<void>;
}

export interface UpResult extends WhatCame {
  name: string;
  machine: MachineName;
  runtime: RuntimeKind;
  /** It was up already, and of this very plan. */
  already: boolean;
  /** Nodes that had lost their configuration, and have it back. */
  revived: string[];
  /** What the daemons that look after real servers found wrong by their first checks, a sentence each. */
  troubles: string[];
  /** A node to start looking round from. */
  shell: string;
}

/**
 * Brings a lab up: kernel, networks, nodes, configuration, and a round of requests through every VIP. Whatever goes
 * wrong, nothing half-built stays; what is built whole and does not answer stays to be looked at, unless `strict`.
 * @throws LabError
 */
export async function up(request: UpRequest, progress: Progress): Promise<UpResult> {
  const { plan } = request;
  const lock = await holdLab(plan.name, () => {
    progress.note(`another command is working on lab ${plan.name}; waiting for it`);
  });
  let begun = false;
  let work: Promise<UpResult> | undefined;
  try {
    await adoptLabs(plan.name);
    // One that cannot be read is not taken down by the way: whoever made it may want to look.
    const existing = readRecord(plan.name);
    const health = existing === undefined ? undefined : await healthOf(existing);
    if (existing !== undefined && ['up', 'not-answering', 'damaged'].includes(health ?? '')) {
      const same = existing.around === undefined ? plan : request.planAround(existing.around);
      if (isSamePlan(existing.plan, same) && hasKernel(existing, request.kernel)) {
        const revived = health === 'damaged' ? await revive(existing) : [];
        if (revived !== undefined)
          return await Promise.race([again(existing, revived, request, progress), interrupted]);
      } else if (!request.reconfigure) throw differs(existing);
    }
    if (health === 'unreachable' && existing !== undefined) throw unreachable(existing);
    begun = true;
    if (existing !== undefined) await takeDown(plan.name, { keepDirectory: true });
    work = bringUp(request, progress);
    return await Promise.race([work, interrupted]);
  } catch (error) {
    if (begun)
      await undoing(async () => {
        await request.beforeUndo?.();
        const recorded = readRecord(plan.name) !== undefined;
        await cleanUp(plan.name, error);
        if (recorded) await cleanUpAgain(plan.name, work);
      });
    else if (lookUp(plan.name) === undefined) removeRecord(plan.name);
    throw error;
  } finally {
    await lock.release();
  }
}

/** What `up` began goes; where that fails too, the error that began it all is told first. */
async function cleanUp(name: string, first: unknown): Promise<void> {
  try {
    await takeDown(name);
  } catch (second) {
    const text = (error: unknown) => (error instanceof Error ? error.message : String(error));
    throw new LabError(
      EXIT.labFailed,
      `${text(first)}\nand what was begun could not be taken down: ${text(second)}`,
      {
        fix: `once that is fixed: lab down ${name}`,
        cause: first,
      },
    );
  }
}

/** Milliseconds for what was interrupted to notice that its machine is gone. */
const NOTICE = 10_000;

/** What is interrupted goes on until it meets what is gone: whatever it makes by then goes as well. */
async function cleanUpAgain(name: string, work: Promise<unknown> | undefined): Promise<void> {
  await Promise.race([work?.catch(() => undefined), sleep(NOTICE, undefined, { ref: false })]);
  if (labExists(name)) await takeDown(name);
}

/**
 * Gives nodes that ended or were restarted by hand their configuration back.
 * @returns their names; undefined where this lab must be built anew
 */
async function revive(existing: LabRecord): Promise<string[] | undefined> {
  const runtime = runtimeOf(existing);
  const revived = await runtime.revive(existing.plan);
  if (revived.length === 0) return undefined;
  await apply(
    { ...existing.plan, nodes: existing.plan.nodes.filter((n) => revived.includes(n.name)) },
    runtime,
  );
  return revived;
}

function summary({
  name,
  machine,
  runtime,
  plan,
}: LabRecord): Pick<UpResult, 'name' | 'machine' | 'runtime' | 'shell'> {
  return { name, machine, runtime, shell: shellNode(plan) };
}

async function bringUp(request: UpRequest, progress: Progress): Promise<UpResult> {
  const choice = await choosePlace(request, request, progress);
  const { plan, around } = await planFor(request, choice.engine, progress);
  const draft: LabRecord = {
    version: 1,
    name: plan.name,
    machine: choice.machine,
    runtime: choice.runtime,
    ...(choice.engine === undefined ? {} : { engine: choice.engine }),
    topology: request.topology,
    toolVersion,
    created: new Date().toISOString(),
    complete: false,
    ...(around === undefined ? {} : { around }),
    plan,
  };
  const { record, root } = await makeMachine(draft, choice, progress);
  const runtime = runtimeOf(record, root);
  const task = progress.start(plan.name, 'nodes');
  const began = performance.now();
  let first: FirstRequests;
  let troubles: string[];
  try {
    await runtime.create(plan);
    task.update('configuration');
    writeSettings(plan.name, await apply(plan, runtime));
    task.update('first requests');
    await settle(plan, runtime);
    first = await sendFirstRequests(plan, runtime);
    if (first.unanswered !== undefined && request.strict) throw notAnswering(first.unanswered);
    task.update('first checks');
    troubles = first.unanswered === undefined ? await firstTroubles(plan, runtime) : [];
    if (troubles.length > 0 && request.strict) throw notAsPlanned(troubles);
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`${plan.nodes.map((n) => n.name).join(' · ')}  ${seconds(performance.now() - began)}`);
  for (const text of describeServices(plan)) progress.note(text);
  const built = { ...record, complete: true };
  writeRecord(built);
  for (const text of troubles) progress.warn(text);
  return {
    ...summary(built),
    already: false,
    revived: [],
    troubles,
    ...(await whatCame(built, runtime, first, request.onCaptured, progress)),
  };
}

/** A lab of this very plan that is up already; one that did not answer is asked again. */
async function again(
  existing: LabRecord,
  revived: string[],
  request: UpRequest,
  progress: Progress,
): Promise<UpResult> {
  const same = { ...summary(existing), already: true, revived, troubles: [] };
  if (existing.unanswered === undefined) return { ...same, answered: 0, state: 'up' };
  progress.note(`lab ${existing.name} is up, and did not answer: ${existing.unanswered}; asking again`);
  const runtime = runtimeOf(existing);
  await settle(existing.plan, runtime);
  const first = await sendFirstRequests(existing.plan, runtime);
  if (first.unanswered === undefined) await markAnswering(existing.name, undefined);
  else if (request.strict) {
    await takeDown(existing.name);
    throw notAnswering(first.unanswered);
  }
  return { ...same, ...(await whatCame(existing, runtime, first, request.onCaptured, progress)) };
}

/** A client, as the place that a student starts from; in a lab of several, with the lab's name. */
function shellNode(plan: Plan): string {
  const node = (plan.nodes.find((n) => n.role === 'client') ?? plan.nodes[0])?.name ?? '';
  return labNames().length > 1 ? `${plan.name}/${node}` : node;
}
