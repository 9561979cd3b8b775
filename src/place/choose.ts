import { findEndpoint, isEngineStated, mayListen, type Endpoint } from '../docker/endpoint.ts';
import { EXIT, LabError } from '../errors.ts';
import { hostAbilities, imageModules, type HostAbilities } from '../machine/abilities.ts';
import { orEmbedded } from '../host/embedded-here.ts';
import type { KernelKind } from '../machine/embedded/kernel-kinds.ts';
import { chooseKernel } from '../machine/embedded/kernel.ts';
import { areKept, loadHostModules } from '../machine/kernel-modules.ts';
import { isRemote, type MachineName, type RemoteName } from '../machine/machine.ts';
import { kernelParts, PART_MODULES } from '../plan/kernel-parts.ts';
import type { Plan } from '../plan/types.ts';
import type { Progress } from '../terminal/progress.ts';
import type { RuntimeKind } from '../records/runtime-kinds.ts';
import { dockerAt } from './choose-docker.ts';
import { lacksParts, type PartAsking } from './kernel-parts.ts';
import { embeddedObstacle, localObstacles, obstacleText } from './obstacles.ts';

/** Where a lab goes, and how its nodes are made there. */
export interface PlaceChoice {
  machine: MachineName;
  runtime: RuntimeKind;
  /** The engine, where the nodes are containers of one that runs already. */
  engine?: Endpoint;
  /** The kernel that was asked for by an option; of concern on the embedded machine alone. */
  kernel?: KernelKind | undefined;
  /** Whether the embedded kernel can be kept from the host by namespaces, where that has been tried. */
  namespaces?: boolean;
  /** As the user reads why, and which other places there were. */
  reason: string;
}

/** What the user asked for; the rest is for the tool to choose. */
export interface Wanted {
  machine?: MachineName | undefined;
  runtime?: RuntimeKind | undefined;
  /** The kernel of an embedded machine, which is then the place. */
  kernel?: KernelKind | undefined;
}

/** A place that may do. */
export interface PlaceCandidate {
  machine: MachineName;
  runtime: RuntimeKind;
  /** The option that asks for it. */
  option: string;
  /** Whether nothing is known that rules it out, before it is tried. */
  possible: boolean;
  /** Whether the user named it, and so is to read why the lab is elsewhere. */
  stated?: boolean;
  /** Tries it. @throws LabError machineCannot with what is lacking */
  attempt: () => Promise<Pick<PlaceChoice, 'engine' | 'namespaces' | 'reason'>>;
}

/**
 * The place for a lab: the first that works of namespaces on this host where its kernel has ip_vs, a Docker engine whose
 * kernel has it, and the embedded machine; or of those among them, and others, that were asked for. Namespaces come
 * first, as they are up soonest and leave the least behind; an engine that the environment names comes before them.
 * @throws LabError machineCannot, with what each lacks and the way out
 */
export async function choosePlace(lab: PartAsking, wanted: Wanted, progress: Progress): Promise<PlaceChoice> {
  const { kernel } = wanted;
  if (kernel === undefined) return firstThatWorks(await candidatesFor(lab, wanted, progress), wanted);
  if ((wanted.machine ?? 'embedded') !== 'embedded')
    throw new LabError(EXIT.badInput, `--kernel is of the embedded machine, and this is ${wanted.machine}`, {
      fix: 'leave out one of --kernel and --machine',
    });
  const embedded: Wanted = { ...wanted, machine: 'embedded' };
  const choice = await firstThatWorks(await candidatesFor(lab, embedded, progress), embedded);
  return { ...choice, kernel };
}

/** The first of these places that works; where none does, what each lacks. */
export async function firstThatWorks(candidates: PlaceCandidate[], wanted: Wanted): Promise<PlaceChoice> {
  const obstacles: LabError[] = [];
  const named: string[] = [];
  for (const [index, { machine, runtime, attempt, stated }] of candidates.entries()) {
    try {
      const found = await attempt();
      // Where there is no choice, there is no reason but the user's own; an engine says what it is all the same.
      const own = candidates.length === 1 && runtime !== 'docker' ? 'as asked' : found.reason;
      const others = candidates.slice(index + 1).filter(({ possible }) => possible);
      const reason = [
        own,
        ...named,
        ...(others.length === 0 ? [] : [`not tried: ${others.map((o) => o.option).join(', ')}`]),
      ].join('; ');
      return { machine, runtime, ...found, reason };
    } catch (error) {
      if (!(error instanceof LabError) || error.exitCode !== EXIT.machineCannot) throw error;
      obstacles.push(error);
      if (stated === true) named.push(...error.message.split('\n', 1));
    }
  }
  const [only] = obstacles;
  if (obstacles.length === 1 && only !== undefined) throw only;
  const fixes = obstacles.flatMap(({ fix }) => fix ?? []);
  throw new LabError(
    EXIT.machineCannot,
    `no place ${wanted.machine === undefined ? 'here' : `on the ${wanted.machine} machine`} can run this lab:\n${obstacles.map((o) => `  ${o.message}`).join('\n')}`,
    { fix: [...new Set([...fixes, 'lab doctor says more'])].join('\n') },
  );
}

async function candidatesFor(lab: PartAsking, wanted: Wanted, progress: Progress): Promise<PlaceCandidate[]> {
  const { machine } = wanted;
  const all =
    machine !== undefined && isRemote(machine)
      ? remotePlaces(machine, lab, progress)
      : placesHere(await hostAbilities(), lab, wanted, progress);
  return all.filter(
    (c) => c.machine === (machine ?? c.machine) && c.runtime === (wanted.runtime ?? c.runtime),
  );
}

function remotePlaces(machine: RemoteName, lab: PartAsking, progress: Progress): PlaceCandidate[] {
  const engine: Endpoint = { url: machine, reason: '--machine', certificates: undefined };
  return [
    place(machine, 'docker', true, () => dockerAt(engine, lab, progress)),
    place(machine, 'netns', true, () => Promise.resolve({ reason: 'over ssh' })),
  ];
}

function placesHere(
  abilities: HostAbilities,
  lab: PartAsking,
  wanted: Wanted,
  progress: Progress,
): PlaceCandidate[] {
  const { plan } = lab;
  const possible = localObstacles(abilities, needsIpVs(plan)).length === 0;
  const namespaces = place('local', 'netns', possible, () => namespacesHere(abilities, lab));
  const engine = engineHere();
  const docker = {
    ...place('local', 'docker', engine !== undefined && mayListen(engine), () =>
      dockerAt(engine, lab, progress),
    ),
    stated: isEngineStated() || engine === undefined,
  };
  return [
    ...(isEngineStated() ? [docker, namespaces] : [namespaces, docker]),
    place('embedded', wanted.runtime ?? 'netns', embeddedObstacle(abilities) === undefined, () =>
      embeddedHere(abilities, lab, wanted.kernel),
    ),
  ];
}

function place(
  machine: MachineName,
  runtime: RuntimeKind,
  possible: boolean,
  attempt: PlaceCandidate['attempt'],
): PlaceCandidate {
  const option = machine === 'embedded' ? `--machine ${machine}` : `--runtime ${runtime}`;
  return { machine, runtime, option, possible, attempt };
}

/** The engine of this host's Docker client; undefined where that names one that does not exist. */
function engineHere(): Endpoint | undefined {
  try {
    return findEndpoint();
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
}

/** Whether a kernel must have IPVS for this lab. */
export function needsIpVs(plan: Plan): boolean {
  return plan.services.length > 0;
}

/** What the lab takes of the kernel is loaded here and now: whether a module can be, only loading it tells. */
async function namespacesHere(abilities: HostAbilities, lab: PartAsking): Promise<{ reason: string }> {
  const { plan, topology } = lab;
  const obstacles = localObstacles(abilities, needsIpVs(plan));
  if (obstacles.length > 0) {
    const fixes = obstacles.flatMap(({ fix }) => fix ?? []).join('; ');
    throw new LabError(
      EXIT.machineCannot,
      obstacles.map(obstacleText).join('; '),
      fixes === '' ? {} : { fix: orEmbedded(fixes, 'it would run with --machine embedded') },
    );
  }
  const parts = kernelParts(plan);
  const kept = await Promise.all(parts.map((part) => areKept(PART_MODULES[part])));
  const lacking = parts.filter((_, index) => kept[index] !== true);
  if (lacking.length > 0) throw lacksParts(topology, lacking, "this host's kernel");
  await loadHostModules([...plan.modules, ...(abilities.insideRoot ? [] : imageModules())]);
  return { reason: needsIpVs(plan) ? "this host's kernel has ip_vs" : 'no ip_vs needed' };
}

async function embeddedHere(
  abilities: HostAbilities,
  { plan, topology }: PartAsking,
  asked: KernelKind | undefined,
): Promise<{ namespaces: boolean; reason: string }> {
  const obstacle = embeddedObstacle(abilities);
  if (obstacle !== undefined)
    throw new LabError(EXIT.machineCannot, obstacle, { fix: 'lab doctor says where else labs run' });
  const lacking = kernelParts(plan);
  // The one that is made for labs has them all.
  if (lacking.length > 0 && (await chooseKernel(asked)) === undefined)
    throw lacksParts(topology, lacking, "Debian's embedded kernel");
  const [local] = localObstacles(abilities, needsIpVs(plan));
  const { namespaces } = abilities;
  return { namespaces, reason: local?.what ?? 'neither namespaces nor an engine do here' };
}
