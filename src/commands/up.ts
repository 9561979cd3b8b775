import { hold } from '../lock.ts';
import { EXIT, LabError } from '../errors.ts';
import { interrupted } from '../interrupt.ts';
import { labDirectory, labLock, labNames, readRecord, writeRecord, type LabRecord } from '../lab.ts';
import { boot } from '../machine/embedded/boot.ts';
import { RUN_PROGRAMS, ensurePrograms } from '../machine/embedded/packages.ts';
import { ensureRoot, type Root } from '../machine/embedded/root.ts';
import type { MachineKind } from '../machine/machine.ts';
import { MODE_RULES } from '../plan/modes/registry.ts';
import type { Plan } from '../plan/types.ts';
import { seconds, type Progress } from '../report/progress.ts';
import { apply } from '../runtime/apply.ts';
import { ask } from '../traffic/requests.ts';
import { toolVersion } from '../version.ts';
import { runtimeOf } from '../wire.ts';
import { chooseMachine, insideRoot, type Choice } from './choose.ts';
import { isHealthy, takeDown } from './existing.ts';

export interface UpRequest {
  /** The topology as the user named it, for the record. */
  topology: string;
  plan: Plan;
  machine: MachineKind | undefined;
  /** Take down a lab of this name first where it is of another plan. */
  reconfigure: boolean;
}

export interface UpResult {
  name: string;
  machine: MachineKind;
  /** It was up already, and of this very plan. */
  already: boolean;
  /** Requests that were answered through VIPs. */
  answered: number;
  /** A node to start looking round from. */
  shell: string;
}

/**
 * Brings a lab up: kernel, networks, nodes, configuration, and a round of requests through every VIP. Whatever goes
 * wrong, nothing half-built stays.
 * @throws LabError
 */
export async function up(request: UpRequest, progress: Progress): Promise<UpResult> {
  const { plan } = request;
  const lock = await hold(labLock(plan.name), () => {
    progress.note(`another command is working on lab ${plan.name}; waiting for it`);
  });
  const existing = readRecord(plan.name);
  let ended = false;
  try {
    if (existing !== undefined && (await isHealthy(existing))) {
      if (JSON.stringify(existing.plan) === JSON.stringify(plan))
        return {
          name: plan.name,
          machine: existing.machine,
          already: true,
          answered: 0,
          shell: shellNode(plan),
        };
      if (!request.reconfigure) {
        ended = true;
        throw differs(existing);
      }
    }
    if (existing !== undefined) await takeDown(plan.name, { keepDirectory: true });
    const result = await Promise.race([bringUp(request, progress), interrupted]);
    ended = true;
    return result;
  } catch (error) {
    if (!ended) await takeDown(plan.name);
    throw error;
  } finally {
    lock.release();
  }
}

function differs(existing: LabRecord): LabError {
  return new LabError(
    EXIT.badInput,
    `lab ${existing.name} is up, but not from this topology (${existing.topology})`,
    {
      mend: `take it down and build this one instead: lab up … --reconfigure, or give this one another name: --name NAME`,
    },
  );
}

async function bringUp(request: UpRequest, progress: Progress): Promise<UpResult> {
  const { plan } = request;
  const choice = await chooseMachine(plan, request.machine);
  const root = await prepare(choice, progress);
  const record: LabRecord = {
    version: 1,
    name: plan.name,
    machine: choice.machine,
    runtime: 'netns',
    topology: request.topology,
    toolVersion,
    created: new Date().toISOString(),
    complete: false,
    plan,
  };
  writeRecord(record);
  if (choice.machine === 'embedded' && root !== undefined) await bootKernel(plan, root, choice, progress);
  else progress.start('machine').done(`local (${choice.reason})`);

  const runtime = runtimeOf(record, root);
  const task = progress.start(plan.name, 'nodes');
  const began = Date.now();
  let answered: number;
  try {
    await runtime.create(plan);
    task.update('configuration');
    await apply(plan, runtime);
    task.update('first requests');
    answered = await firstRound(plan, runtime);
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`${plan.nodes.map((n) => n.name).join(' · ')}  ${seconds(Date.now() - began)}`);
  for (const text of describeServices(plan)) progress.note(text);
  writeRecord({ ...record, complete: true });
  return { name: plan.name, machine: choice.machine, already: false, answered, shell: shellNode(plan) };
}

/** A client, as the place that a student starts from; in a lab of several, with the lab's name. */
function shellNode(plan: Plan): string {
  const node = (plan.nodes.find((n) => n.role === 'client') ?? plan.nodes[0])?.name ?? '';
  return labNames().length > 1 ? `${plan.name}/${node}` : node;
}

async function prepare(choice: Choice, progress: Progress): Promise<Root | undefined> {
  if (choice.machine === 'local' && insideRoot()) return undefined;
  if (choice.machine === 'embedded') {
    await ensurePrograms(RUN_PROGRAMS, progress);
    return ensureRoot(progress);
  }
  return ensureRoot(progress);
}

async function bootKernel(plan: Plan, root: Root, choice: Choice, progress: Progress): Promise<void> {
  const task = progress.start('kernel', `booting ${root.manifest.kernelVersion}`);
  const began = Date.now();
  // bubblewrap may have been installed a moment ago.
  const confined =
    choice.abilities.namespaces || (await chooseMachine(plan, 'embedded')).abilities.namespaces;
  try {
    // 4 nodes take some 40 MB; the rest is room for what students start. Pages are taken when first used.
    await boot(
      labDirectory(plan.name),
      root,
      192 + 32 * plan.nodes.length,
      plan.modules,
      confined ? 'namespaces' : 'none',
    );
  } catch (error) {
    task.fail();
    throw error;
  }
  const version = root.manifest.kernelVersion.split('.').slice(0, 2).join('.');
  task.done(`${version} with ip_vs, up in ${seconds(Date.now() - began)} (embedded: ${choice.reason})`);
  if (!confined)
    progress.warn('no user namespaces here: a guest kernel that is broken into can read what you can read');
}

/** One request to each service for each real server that it may choose, from the first client. */
async function firstRound(plan: Plan, runtime: ReturnType<typeof runtimeOf>): Promise<number> {
  const client = plan.nodes.find((node) => node.role === 'client');
  if (client === undefined) return 0;
  let answered = 0;
  for (const service of plan.services) {
    const servers = service.servers.filter((server) => server.weight > 0);
    if (servers.length === 0) continue;
    const replies = await ask(runtime, client.name, service, servers.length);
    const failed = replies.find((reply) => reply.server === undefined);
    if (failed !== undefined)
      throw new LabError(
        EXIT.labFailed,
        `the lab is built, but http://${service.vip}:${service.port}/ does not answer ${client.name}: ${failed.error}`,
        {
          mend: `check the topology's routes: lab plan shows every command`,
        },
      );
    answered += replies.length;
  }
  return answered;
}

/** `VIP 203.0.113.100:80 tcp rr → rs1, rs2 (masquerading)` */
export function describeServices(plan: Plan): string[] {
  return plan.services.map((service) => {
    const servers = service.servers.map((s) => `${s.node}${s.weight === 1 ? '' : ` ×${s.weight}`}`);
    const modes = [...new Set(service.servers.map((s) => MODE_RULES[s.mode].description))];
    return `VIP ${service.vip}:${service.port} ${service.protocol} ${service.scheduler} → ${servers.join(', ')} (${modes.join(', ')})`;
  });
}
