import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine } from '../docker/engine.ts';
import { nodeImage } from '../docker/image.ts';
import { interruptSignal } from '../host/interrupt.ts';
import { labDirectory, writeRecord, type LabRecord } from '../records/lab.ts';
import { hostAbilities, insideRoot } from '../machine/abilities.ts';
import { boot } from '../machine/embedded/boot.ts';
import { GUEST_SOCKET, ensureEngineDisk } from '../machine/embedded/engine-disk.ts';
import { forwardOnLine } from '../machine/embedded/line.ts';
import { RUN_PROGRAMS, ensurePrograms } from '../machine/embedded/packages.ts';
import { GAIN, chooseKernel, debianKernel } from '../machine/embedded/kernel.ts';
import { askedKernel } from '../machine/embedded/kernel-kinds.ts';
import { ensureNodesRoot, ensureRoot, type Root } from '../machine/embedded/root.ts';
import { expectProcessor } from '../machine/expect-processor.ts';
import { isRemote, type RemoteName } from '../machine/machine.ts';
import { EMBEDDED_PROCESSOR, hostProcessor, processorText, type Processor } from '../host/processor.ts';
import { assertSocketPath } from '../machine/socket-path.ts';
import { prepareRemote, remoteProcessor } from '../machine/ssh.ts';
import type { Plan } from '../plan/types.ts';
import { seconds, type Progress } from '../terminal/progress.ts';
import { engineOf, engineSocket } from '../wire.ts';
import type { PlaceChoice } from '../place/choose.ts';

/** MiB that a guest's Docker engine takes beside its nodes. */
const ENGINE_MEMORY = 512;

/** A lab's record with what its machine has told, and the root file system that nodes get. */
interface MadeMachine {
  record: LabRecord;
  /** Undefined where that is no business of this host. */
  root: Root | undefined;
}

/**
 * Makes the machine that a lab is to run on, as far as it is not there, and writes the lab's record before anything of
 * the lab itself is made.
 */
export async function makeMachine(
  record: LabRecord,
  choice: PlaceChoice,
  progress: Progress,
): Promise<MadeMachine> {
  const { machine, runtime, reason } = choice;
  if (machine === 'embedded') return makeGuest(record, choice, progress);
  if (runtime === 'docker') {
    begin(record);
    progress.start('engine').done(reason);
    return { record, root: undefined };
  }
  if (isRemote(machine)) return prepare(record, machine, reason, progress);
  const root = insideRoot() ? undefined : await ensureNodesRoot(progress, localProcessor());
  progress.start('machine').done(`local (${reason})`);
  begin(record);
  return { record, root };
}

/** Another host, which keeps the root file system for next time. */
async function prepare(
  asked: LabRecord,
  machine: RemoteName,
  reason: string,
  progress: Progress,
): Promise<MadeMachine> {
  const processor = await remoteProcessor(machine);
  const root = await ensureNodesRoot(progress, processor);
  const task = progress.start('machine', machine);
  try {
    await prepareRemote(machine, root, asked.plan.modules, () => {
      task.update(`${machine}: copying the root filesystem, once`);
    });
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`${machine} (${processorText(processor)}, ${reason})`);
  const record: LabRecord = { ...asked, processor };
  begin(record);
  return { record, root };
}

function localProcessor(): Processor {
  return expectProcessor(hostProcessor(), `this host runs on ${process.arch}`);
}

/** From here on there is something to take down: not where all was taken down a moment ago. */
function begin(record: LabRecord): void {
  interruptSignal.throwIfAborted();
  writeRecord(record);
}

/** Gets what every lab on such a machine needs, and that only the first one has to wait for. */
export async function prepareMachine(
  { machine, runtime, kernel }: PlaceChoice,
  progress: Progress,
): Promise<void> {
  if (machine !== 'embedded') return;
  await chooseKernel(kernel);
  await ensurePrograms(RUN_PROGRAMS, progress);
  await ensureRoot(progress);
  if (runtime === 'docker') await ensureRoot(progress, 'docker');
}

async function makeGuest(asked: LabRecord, choice: PlaceChoice, progress: Progress): Promise<MadeMachine> {
  const { plan } = asked;
  const made = await chooseKernel(choice.kernel);
  await ensurePrograms(RUN_PROGRAMS, progress);
  const nodes = await ensureRoot(progress);
  const confinement = (choice.namespaces ?? (await hostAbilities()).namespaces) ? 'namespaces' : 'none';
  const engine = choice.runtime === 'docker';
  if (engine) assertSocketPath(engineSocket(asked.name));
  const root = engine ? await ensureRoot(progress, 'docker') : nodes;
  const kernel = made ?? debianKernel(root);
  const disks = engine
    ? [
        {
          file: await ensureEngineDisk(
            nodes,
            { kernel, root },
            nodeImage(EMBEDDED_PROCESSOR),
            confinement,
            progress,
          ),
          use: 'copy' as const,
        },
      ]
    : [];
  const { kind, release } = kernel;
  const record: LabRecord = { ...asked, kernel: { kind, release } };
  begin(record);
  const task = progress.start('kernel', `booting ${kernel.release}`);
  const began = performance.now();
  const directory = labDirectory(record.name);
  const memory = guestMemory(plan) + (engine ? ENGINE_MEMORY : 0);
  try {
    await boot(directory, {
      ...{ kernel, root, memory, modules: plan.modules, confinement, disks, engine },
      ...(engine ? {} : { processes: guestProcesses(plan) }),
    });
    if (engine) {
      task.update('starting its Docker engine');
      await waitForEngine(record);
    }
  } catch (error) {
    task.fail();
    throw error;
  }
  const version = kernel.release.split('.').slice(0, 2).join('.');
  const what = engine ? ' and a Docker engine' : '';
  task.done(
    `${version} with ip_vs${what}, up in ${seconds(performance.now() - began)} (embedded: ${choice.reason})`,
  );
  if (confinement === 'none')
    progress.warn('no user namespaces here: a guest kernel that is broken into can read what you can read');
  if (made === undefined && askedKernel(choice.kernel) === undefined)
    progress.note(`a kernel made for labs ${GAIN.text}: ./lab kernel build (${GAIN.takes}, once)`);
  return { record, root: nodes };
}

/** Seconds for an engine to start in a guest; on a busy machine many do at once. */
const ENGINE_LIMIT = 120;

async function waitForEngine(record: LabRecord): Promise<void> {
  await forwardOnLine(labDirectory(record.name), basename(engineSocket(record.name)), GUEST_SOCKET);
  const limit = performance.now() + ENGINE_LIMIT * 1000;
  for (;;)
    try {
      await connectEngine(engineOf(record));
      return;
    } catch (error) {
      if (performance.now() > limit) throw error;
      await sleep(100);
    }
}

/** MiB that a lab's kernel may use. 4 nodes take some 40; the rest is room for what students start. Pages are taken when first used. */
export function guestMemory(plan: Plan): number {
  return 192 + 32 * plan.nodes.length;
}

/** Processes that a lab's kernel may have: a node that is busy has some twenty, and the rest is room for what students start. */
function guestProcesses(plan: Plan): number {
  return 512 + 64 * plan.nodes.length;
}
