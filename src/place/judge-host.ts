import { startOrName } from '../docker/known-sockets.ts';
import type { HostAbilities } from '../machine/abilities.ts';
import {
  BUILD_PROGRAMS,
  RUN_PROGRAMS,
  UNPRIVILEGED_BUILD_PROGRAMS,
  type HostProgram,
} from '../machine/embedded/packages.ts';
import { GAIN, type MadeKernel } from '../machine/embedded/kernel.ts';
import { processorText } from '../host/processor.ts';
import type { Diagnosis, HostFinding } from './diagnosis.ts';
import type { EngineFacts } from './engine-facts.ts';
import { dockerFindings, engineReady, otherEngines } from './judge-docker.ts';
import { embeddedObstacle, localObstacles, obstacleText, type PlaceObstacle } from './obstacles.ts';

/** What was found out about a host, with nothing concluded from it. */
export interface HostFacts {
  abilities: HostAbilities;
  /** Version of Node.js. */
  node: string;
  engine: EngineFacts;
  /** The root file system of nodes; undefined where it is not built yet. */
  root: RootFacts | undefined;
  /** The kernel that was made for labs; undefined where there is none. */
  kernel: Pick<MadeKernel, 'directory' | 'release' | 'facts'> | undefined;
  /** What of the programs that building and running take is not there. */
  absent: HostProgram[];
  /** The user, and whether it has a range of subordinate ids. */
  user: { name: string; hasSubordinateIds: boolean };
}

/** A root file system that was built. */
export interface RootFacts {
  directory: string;
  /** Of the embedded kernel; undefined where the root has none. */
  kernelVersion?: string;
  /** Debian packages and their versions. */
  packages: Record<string, string>;
  /** ISO 8601. */
  built: string;
}

/** What a host can do, what it cannot, and the fix, by what was found out about it. */
export function diagnosisOf(facts: HostFacts): Diagnosis {
  const { abilities, node, engine, root } = facts;
  const obstacles = localObstacles(abilities, true);
  const embedded = embeddedObstacle(abilities);
  const here = obstacles.length === 0 || embedded === undefined;
  return {
    ready: here || engineReady(engine),
    findings: [
      hostFinding(abilities),
      { title: 'node', state: 'ok', detail: node },
      ...dockerFindings(engine).map((finding) =>
        here || engine.state !== 'absent' ? finding : { ...finding, fix: startOrName() },
      ),
      ...otherEngines(engine),
      localFinding(abilities, obstacles),
      {
        title: 'embedded',
        state: embedded === undefined ? 'ok' : 'cannot',
        detail: embedded ?? 'a kernel with ip_vs as a process',
      },
      ...(here && !abilities.insideRoot ? rootFindings(facts) : []),
      ...(embedded === undefined ? [kernelFinding(facts), programs(facts, 'run a lab', RUN_PROGRAMS)] : []),
      ...(here && root === undefined ? buildFindings(facts) : []),
      ...(embedded === undefined ? [confinement(abilities)] : []),
    ],
  };
}

const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'Linux',
  darwin: 'macOS',
  win32: 'Windows',
};

function hostFinding({ system, processor, arch }: HostAbilities): HostFinding {
  const on = processor === undefined ? arch : processorText(processor);
  return { title: 'host', state: 'ok', detail: `${SYSTEMS[system] ?? system} on ${on}` };
}

function localFinding({ ipVs }: HostAbilities, obstacles: PlaceObstacle[]): HostFinding {
  const title = 'local machine';
  if (obstacles.length === 0)
    return {
      title,
      state: 'ok',
      detail: `namespaces; this host's kernel has ip_vs${ipVs.state === 'module' ? ' as a module, which `lab up` loads' : ''}`,
    };
  const fixes = obstacles.flatMap(({ fix }) => fix ?? []);
  return {
    title,
    state: 'cannot',
    detail: obstacles.map(obstacleText).join('; '),
    ...(fixes.length === 0 ? {} : { fix: fixes.join('; ') }),
  };
}

function rootFindings({ root }: HostFacts): HostFinding[] {
  const title = 'root filesystem';
  if (root === undefined)
    return [
      {
        title,
        state: 'missing',
        detail: 'not built yet for this version; `lab up` builds it (about a minute)',
      },
    ];
  const { directory, kernelVersion, packages, built } = root;
  const kernel = kernelVersion === undefined ? '' : `kernel ${kernelVersion}, `;
  const versions = ['ipvsadm', 'nginx'].map((name) => `${name} ${packages[name] ?? '?'}`).join(', ');
  return [{ title, state: 'ok', detail: `${directory}: ${kernel}${versions}, built ${built.slice(0, 10)}` }];
}

function kernelFinding({ kernel }: HostFacts): HostFinding {
  const title = 'lab kernel';
  if (kernel === undefined)
    return {
      title,
      state: 'missing',
      detail: `none made by this version; embedded labs run on Debian’s, and one made for them ${GAIN.text}`,
      fix: `lab kernel build (${GAIN.takes}, once)`,
    };
  const { directory, release, facts } = kernel;
  const { source, built } = facts;
  const from = `of Debian’s ${source.package} ${source.version}, built ${built.slice(0, 10)}`;
  return { title, state: 'ok', detail: `${directory}: ${release} ${from}` };
}

function buildFindings(facts: HostFacts): HostFinding[] {
  const needs = [programs(facts, 'build the root', BUILD_PROGRAMS)];
  if (facts.abilities.root) return needs;
  return [
    ...needs,
    programs(facts, 'build as a user', UNPRIVILEGED_BUILD_PROGRAMS),
    subordinateIds(facts.user),
  ];
}

function programs({ absent }: HostFacts, title: string, wanted: HostProgram[]): HostFinding {
  const lacking = wanted.filter(({ program }) => absent.some((a) => a.program === program));
  if (lacking.length === 0) return { title, state: 'ok', detail: wanted.map((p) => p.program).join(', ') };
  const packages = [...new Set(lacking.map((p) => p.package))].join(' ');
  return {
    title,
    state: 'missing',
    detail: lacking.map((p) => `${p.program} (${p.purpose})`).join(', '),
    fix: `sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${packages}' (\`lab up\` does it for root)`,
  };
}

function subordinateIds({ name, hasSubordinateIds }: HostFacts['user']): HostFinding {
  const title = 'subordinate ids';
  return hasSubordinateIds
    ? { title, state: 'ok', detail: 'in /etc/subuid' }
    : {
        title,
        state: 'missing',
        detail: `${name} has no range in /etc/subuid, which an ordinary user needs to build the root`,
        fix: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}`,
      };
}

function confinement({ namespaces }: HostAbilities): HostFinding {
  const title = 'confinement';
  return namespaces
    ? { title, state: 'ok', detail: 'the kernel sees none of this host (bubblewrap)' }
    : {
        title,
        state: 'missing',
        detail: 'no namespaces for this user: a kernel that is broken into has your rights',
        fix: 'install bubblewrap, and allow user namespaces (sysctl user.max_user_namespaces)',
      };
}
