import { existsSync } from 'node:fs';
import type { Endpoint } from '../docker/endpoint.ts';
import { EXIT, LabError } from '../errors.ts';
import { hostAbilities, type HostAbilities } from '../machine/abilities.ts';
import { isRemote, type MachineName } from '../machine/machine.ts';
import { EMBEDDED_ELSEWHERE } from '../machine/processor.ts';
import type { Plan } from '../plan/types.ts';
import type { Progress } from '../report/progress.ts';
import type { RuntimeKind } from '../runtime/runtime.ts';
import { dockerAt } from './choose-docker.ts';

/** Where a lab goes, and how its nodes are made there. */
export interface Choice {
  machine: MachineName;
  runtime: RuntimeKind;
  /** The engine, where the nodes are containers of one that runs already. */
  engine?: Endpoint;
  /** As the user reads why. */
  reason: string;
}

/** What the user asked for; the rest is for the tool to choose. */
export interface Wanted {
  machine?: MachineName | undefined;
  runtime?: RuntimeKind | undefined;
}

interface Candidate {
  machine: MachineName;
  runtime: RuntimeKind;
  /** Tries it. @throws LabError machineCannot with what is lacking */
  attempt: () => Promise<Omit<Choice, 'machine' | 'runtime'>>;
}

/**
 * The place for a lab: the first that works of a Docker engine whose kernel has ip_vs, namespaces on this host where
 * its kernel has it, and the embedded machine; or of those among them, and others, that were asked for.
 * @throws LabError machineCannot, with what each lacks and the way out
 */
export async function choosePlace(plan: Plan, wanted: Wanted, progress: Progress): Promise<Choice> {
  const candidates = await candidatesFor(plan, wanted, progress);
  const obstacles: LabError[] = [];
  for (const { machine, runtime, attempt } of candidates) {
    try {
      const found = await attempt();
      // Where there is no choice, there is no reason but the user's own; an engine says what it is all the same.
      const reason = candidates.length === 1 && runtime !== 'docker' ? 'as asked' : found.reason;
      return { machine, runtime, ...found, reason };
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== EXIT.machineCannot) throw error;
      obstacles.push(error);
    }
  }
  const [only] = obstacles;
  if (obstacles.length === 1 && only !== undefined) throw only;
  throw new LabError(
    EXIT.machineCannot,
    `no place here can run this lab:\n${obstacles.map((o) => `  ${o.message}`).join('\n')}`,
    { mend: await wayOut(wanted) },
  );
}

async function wayOut({ machine }: Wanted): Promise<string> {
  const doctor = 'lab doctor says what this machine lacks';
  return machine === 'local' && embeddedObstacle(await hostAbilities()) === undefined
    ? `run it with --machine embedded; ${doctor}`
    : doctor;
}

async function candidatesFor(plan: Plan, wanted: Wanted, progress: Progress): Promise<Candidate[]> {
  const needsIpVs = plan.services.length > 0;
  if (wanted.machine !== undefined && isRemote(wanted.machine)) {
    const url = wanted.machine;
    const engine: Endpoint = { url, reason: '--machine', certificates: undefined };
    return [
      { machine: url, runtime: 'docker' as const, attempt: () => dockerAt(engine, needsIpVs, progress) },
      { machine: url, runtime: 'netns' as const, attempt: () => Promise.resolve({ reason: 'over ssh' }) },
    ].filter((c) => c.runtime === (wanted.runtime ?? c.runtime));
  }
  const abilities = await hostAbilities();
  const all: Candidate[] = [
    { machine: 'local', runtime: 'docker', attempt: () => dockerAt(undefined, needsIpVs, progress) },
    {
      machine: 'local',
      runtime: 'netns',
      attempt: unless(
        localObstacles(abilities, plan).join('; ') || undefined,
        'it would run with --machine embedded',
        {
          reason: needsIpVs ? "this host's kernel has ip_vs" : 'no ip_vs needed',
        },
      ),
    },
    {
      machine: 'embedded',
      runtime: wanted.runtime ?? 'netns',
      attempt: unless(embeddedObstacle(abilities), 'lab doctor says what this machine lacks', {
        reason: localObstacle(abilities, plan) ?? 'no Docker engine here',
      }),
    },
  ];
  return all.filter(
    (c) => c.machine === (wanted.machine ?? c.machine) && c.runtime === (wanted.runtime ?? c.runtime),
  );
}

function unless<T>(obstacle: string | undefined, mend: string, result: T): () => Promise<T> {
  return () =>
    obstacle === undefined
      ? Promise.resolve(result)
      : Promise.reject(new LabError(EXIT.machineCannot, obstacle, { mend }));
}

/** Why nodes cannot be namespaces on this host itself, above all; undefined where they can. */
export function localObstacle(abilities: HostAbilities, plan?: Plan): string | undefined {
  return localObstacles(abilities, plan)[0];
}

function localObstacles(abilities: HostAbilities, plan?: Plan): string[] {
  if (!abilities.linux) return ['this host is not Linux'];
  if (!abilities.x86) return ['namespaces are made on x86-64 only so far'];
  const lacking = {
    "this host's kernel has no ip_vs": plan?.services.length !== 0 && !abilities.ipVs,
    'namespaces on this host need root': !abilities.root,
    'the loop device or ext2 is missing (modprobe loop ext4)': !abilities.loopMount && !insideRoot(),
  };
  return Object.entries(lacking).flatMap(([what, lacks]) => (lacks ? [what] : []));
}

/** Why the embedded kernel cannot run here; undefined where it can. */
export function embeddedObstacle(abilities: HostAbilities): string | undefined {
  return abilities.linux && abilities.x86 ? undefined : EMBEDDED_ELSEWHERE;
}

/** Whether this host itself runs from the root that nodes are given. */
export function insideRoot(): boolean {
  return existsSync('/usr/sbin/guest-init');
}
