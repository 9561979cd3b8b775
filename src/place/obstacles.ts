import type { HostAbilities } from '../machine/abilities.ts';
import { embeddedRuns } from '../host/embedded-here.ts';
import { noLabsWhere } from '../machine/expect-processor.ts';
import { EMBEDDED_ELSEWHERE } from '../host/processor.ts';

/** What is in the way of a place for labs. */
export interface PlaceObstacle {
  /** In a few words. */
  what: string;
  /** The rest of it: what was found out, others' own words. */
  why?: string;
  /** What to do about it there; absent where nothing helps. */
  fix?: string;
}

/**
 * Why nodes cannot be namespaces on a host itself; empty where they can.
 * @param needsIpVs whether its kernel must have IPVS, as for a lab with virtual services
 */
export function localObstacles(abilities: HostAbilities, needsIpVs: boolean): PlaceObstacle[] {
  const { system, processor, arch, root, loopMount, insideRoot } = abilities;
  if (system !== 'linux') return [{ what: 'this host is not Linux' }];
  if (processor === undefined) return [{ what: noLabsWhere(`this host runs on ${arch}`) }];
  const ipVs = needsIpVs ? ipVsObstacle(abilities) : undefined;
  return [
    ...(ipVs === undefined ? [] : [ipVs]),
    ...(root ? [] : [{ what: 'namespaces on this host need root', fix: 'run it as root (sudo)' }]),
    ...(loopMount || insideRoot
      ? []
      : [{ what: 'the loop device or ext2 is missing', fix: 'as root: modprobe -a loop ext4' }]),
  ];
}

/** Why a host's own kernel cannot do IPVS for labs; undefined where it can, or can once root has loaded the module. */
export function ipVsObstacle({ ipVs, modules, root }: HostAbilities): PlaceObstacle | undefined {
  if (ipVs.state === 'loaded') return undefined;
  if (ipVs.state === 'absent')
    return modules.kept
      ? {
          what: "this host's kernel has no ip_vs",
          why: ipVs.words,
          fix: 'run a kernel that has it; those of Debian and Ubuntu do (linux-image-amd64, linux-image-arm64, linux-image-generic)',
        }
      : {
          what: "this host's kernel has no ip_vs",
          why: `/lib/modules/${modules.release} has no modules (${ipVs.words})`,
          fix: 'restart this host where another kernel was installed since it started, or install the modules of this one; in a container: modprobe ip_vs on its host',
        };
  if (modules.disabled)
    return {
      what: "this host's kernel loads no modules any more, and ip_vs is one",
      why: 'kernel.modules_disabled is 1',
      fix: 'restart this host, and load it (modprobe ip_vs) before that is set',
    };
  if (root && !modules.allowed)
    return {
      what: 'you may not load modules here, and ip_vs is one',
      why: 'CAP_SYS_MODULE is lacking, as mostly to root in a container',
      fix: 'load it on the host itself: modprobe ip_vs',
    };
  return undefined;
}

/** Why the embedded kernel cannot run on a host; undefined where it can. */
export function embeddedObstacle(host: Pick<HostAbilities, 'system' | 'processor'>): string | undefined {
  return embeddedRuns(host) ? undefined : EMBEDDED_ELSEWHERE;
}

/** An obstacle in full. */
export function obstacleText({ what, why }: PlaceObstacle): string {
  return why === undefined ? what : `${what}: ${why}`;
}
