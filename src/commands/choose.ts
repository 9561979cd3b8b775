import { existsSync } from 'node:fs';
import { EXIT, LabError } from '../errors.ts';
import { hostAbilities, type HostAbilities } from '../machine/abilities.ts';
import type { MachineKind } from '../machine/machine.ts';
import type { Plan } from '../plan/types.ts';

export interface Choice {
  machine: MachineKind;
  /** As the user reads why. */
  reason: string;
  abilities: HostAbilities;
}

/**
 * The machine for a lab: the one asked for, else the best that works here.
 * @throws LabError machineCannot, with what is lacking and the way out
 */
export async function chooseMachine(plan: Plan, wanted: MachineKind | undefined): Promise<Choice> {
  const abilities = await hostAbilities();
  const obstacle = {
    local: localObstacle(abilities, plan),
    embedded: embeddedObstacle(abilities),
  };
  if (wanted !== undefined) {
    const why = obstacle[wanted];
    if (why === undefined) return { machine: wanted, reason: 'as asked', abilities };
    const other = wanted === 'local' ? 'embedded' : 'local';
    throw new LabError(EXIT.machineCannot, `the ${wanted} machine cannot run this lab: ${why}`, {
      mend:
        obstacle[other] === undefined
          ? `it would run with --machine ${other}`
          : 'lab doctor says what this machine lacks',
    });
  }
  if (obstacle.local === undefined)
    return {
      machine: 'local',
      reason: plan.services.length > 0 ? 'this kernel has ip_vs' : 'no ip_vs needed',
      abilities,
    };
  if (obstacle.embedded === undefined) return { machine: 'embedded', reason: obstacle.local, abilities };
  throw new LabError(
    EXIT.machineCannot,
    `no machine here can run this lab: ${obstacle.local}; ${obstacle.embedded}`,
    {
      mend: 'lab doctor says what this machine lacks',
    },
  );
}

/** Why nodes cannot run on this host itself; undefined where they can. */
export function localObstacle(abilities: HostAbilities, plan?: Plan): string | undefined {
  if (!abilities.linux) return 'this is not Linux';
  if (!abilities.x86) return 'namespaces are made on x86-64 only so far';
  if (!abilities.root) return 'it needs root';
  if (plan?.services.length !== 0 && !abilities.ipVs) return "this host's kernel has no ip_vs";
  if (!abilities.loopMount && !insideRoot()) return 'the loop device or ext2 is missing (modprobe loop ext4)';
  return undefined;
}

/** Why the embedded kernel cannot run here; undefined where it can. */
export function embeddedObstacle(abilities: HostAbilities): string | undefined {
  return abilities.linux && abilities.x86
    ? undefined
    : 'the embedded kernel runs on Linux on x86-64 only (elsewhere, run it in a Docker container or virtual machine of that kind)';
}

/** Whether this host itself runs from the root that nodes are given. */
export function insideRoot(): boolean {
  return existsSync('/usr/sbin/guest-init');
}
