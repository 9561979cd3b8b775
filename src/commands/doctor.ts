import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { hostAbilities } from '../machine/abilities.ts';
import {
  BUILD_PROGRAMS,
  RUN_PROGRAMS,
  UNPRIVILEGED_BUILD_PROGRAMS,
  missing,
} from '../machine/embedded/packages.ts';
import { findRoot } from '../machine/embedded/root.ts';
import { embeddedObstacle, localObstacle } from './choose.ts';
import type { Diagnosis, Finding } from './diagnosis.ts';
import { dockerFindings } from './doctor-docker.ts';
import { otherEngines } from './doctor-sockets.ts';

/** What this machine can do, what it cannot, and the mend. Changes nothing. */
export async function doctor(): Promise<Diagnosis> {
  const abilities = await hostAbilities();
  const embedded = embeddedObstacle(abilities);
  const local = localObstacle(abilities);
  const root = await findRoot();
  const docker = await dockerFindings();
  const findings: Finding[] = [
    { title: 'node', state: 'ok', detail: process.version },
    ...docker,
    ...otherEngines(),
    {
      title: 'local machine',
      state: local === undefined ? 'ok' : 'cannot',
      detail: local ?? 'namespaces, with ip_vs of this kernel',
      ...(abilities.linux && !abilities.ipVs && abilities.root
        ? { mend: 'on a kernel with modules: modprobe ip_vs' }
        : {}),
    },
    {
      title: 'embedded',
      state: embedded === undefined ? 'ok' : 'cannot',
      detail: embedded ?? 'a kernel with ip_vs as a process',
    },
  ];
  if (embedded === undefined) {
    findings.push(
      root === undefined
        ? {
            title: 'root filesystem',
            state: 'missing',
            detail: 'not built yet for this version; `lab up` builds it (about a minute)',
          }
        : {
            title: 'root filesystem',
            state: 'ok',
            detail: `${root.directory}: kernel ${root.manifest.kernelVersion}, ipvsadm ${root.manifest.packages['ipvsadm'] ?? '?'}, nginx ${root.manifest.packages['nginx'] ?? '?'}, built ${root.manifest.built.slice(0, 10)}`,
          },
      await programs('run a lab', RUN_PROGRAMS),
      ...(root === undefined ? await buildNeeds(abilities.root) : []),
      abilities.namespaces
        ? { title: 'confinement', state: 'ok', detail: 'the kernel sees none of this host (bubblewrap)' }
        : {
            title: 'confinement',
            state: 'missing',
            detail: 'no namespaces for this user: a kernel that is broken into has your rights',
            mend: 'install bubblewrap, and allow user namespaces (sysctl user.max_user_namespaces)',
          },
    );
  }
  const onDocker = docker.some((f) => f.title === 'engine kernel' && f.state === 'ok');
  return { ready: embedded === undefined || local === undefined || onDocker, findings };
}

async function buildNeeds(asRoot: boolean): Promise<Finding[]> {
  const needs = [await programs('build the root', BUILD_PROGRAMS)];
  if (asRoot) return needs;
  return [...needs, await programs('build as a user', UNPRIVILEGED_BUILD_PROGRAMS), subordinateIds()];
}

async function programs(title: string, wanted: Parameters<typeof missing>[0]): Promise<Finding> {
  const absent = await missing(wanted);
  if (absent.length === 0) return { title, state: 'ok', detail: wanted.map((p) => p.program).join(', ') };
  const packages = [...new Set(absent.map((p) => p.package))].join(' ');
  return {
    title,
    state: 'missing',
    detail: absent.map((p) => `${p.program} (${p.purpose})`).join(', '),
    mend: `sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${packages}' (\`lab up\` does it for root)`,
  };
}

/** In a container the user may have none. */
function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

function subordinateIds(): Finding {
  const uid = process.getuid?.();
  const username = nameOfUser() ?? String(uid);
  const rows = existsSync('/etc/subuid') ? readFileSync('/etc/subuid', 'utf8').split('\n') : [];
  const has = rows.some((row) => row.startsWith(`${username}:`) || row.startsWith(`${uid}:`));
  return has
    ? { title: 'subordinate ids', state: 'ok', detail: 'in /etc/subuid' }
    : {
        title: 'subordinate ids',
        state: 'missing',
        detail: `${username} has no range in /etc/subuid, which an ordinary user needs to build the root`,
        mend: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}`,
      };
}
