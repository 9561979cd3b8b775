import type Docker from 'dockerode';
import type { Engine } from './engine.ts';
import { EXIT, LabError } from '../errors.ts';
import { SCHEDULERS, type Scheduler } from '../topology/types.ts';
import { runOnce } from './one-shot.ts';

/** What the kernel under an engine can do for LVS, as a container finds it. */
export interface EngineKernel {
  ipVs: boolean;
  /** It has ip_vs and denies it to the engine's containers. */
  denied: boolean;
  schedulers: Scheduler[];
  /** IPIP tunnels, which TUN needs. */
  ipip: boolean;
}

/** Each is tried, in a network of the container's own; the kernel then loads what it can by itself. */
const TRY = `
said=$(ipvsadm -Ln 2>&1) && echo ip_vs
case $said in *"Permission denied"*) echo denied ;; esac
for s in ${SCHEDULERS.join(' ')}; do ipvsadm -A -f 1 -s $s 2>/dev/null && echo $s && ipvsadm -C; done
ip link add probe type ipip local 192.0.2.1 remote 192.0.2.2 2>/dev/null && echo ipip
true`;

/** Finds out what an engine's kernel can do, by trying it in a container. */
export async function engineKernel(docker: Docker, image: string): Promise<EngineKernel> {
  const options = { NetworkMode: 'none', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN', 'NET_RAW'] };
  const { output } = await runOnce(docker, image, ['sh', '-c', TRY], options);
  const works = new Set(output.split('\n'));
  return {
    ipVs: works.has('ip_vs'),
    denied: works.has('denied'),
    schedulers: SCHEDULERS.filter((scheduler) => works.has(scheduler)),
    ipip: works.has('ipip'),
  };
}

/**
 * Why an engine's containers have no ip_vs, and what to do about it. The kernel allows it to root alone, in the user
 * namespace that all others lie in (7.2 does so still; what 6.10 eased are its sysctls): an engine that an ordinary user
 * runs lies in another, and no module helps.
 */
export async function withoutIpVs(
  { docker, kernel }: Pick<Engine, 'docker' | 'kernel'>,
  { denied }: Pick<EngineKernel, 'denied'>,
): Promise<{ detail: string; mend: string }> {
  const { SecurityOptions = [] } = (await docker.info()) as { SecurityOptions?: string[] };
  const rootless = SecurityOptions.some((option) => option.startsWith('name=rootless'));
  if (denied || rootless)
    return {
      detail: `${kernel} denies ip_vs to ${rootless ? 'an engine without root (rootless)' : "this engine's containers"}, whatever modules it has`,
      mend: 'use an engine that root runs (DOCKER_HOST, or docker context use); or bring the lab its own kernel: --machine embedded',
    };
  return {
    detail: `${kernel} has no ip_vs`,
    mend: 'lab doctor --fix loads it where the kernel has it as a module; or leave Docker out: --machine embedded',
  };
}

/** Kernel modules by which an engine's kernel becomes one that LVS labs run on. */
export const ENGINE_MODULES = [
  'ip_vs',
  ...SCHEDULERS.map((scheduler) => `ip_vs_${scheduler}`),
  'ipip',
  'ip_gre',
  'fou',
];

/** What `loadModules` will do, for the user to read first. */
export const LOADING =
  'loads kernel modules on the engine’s host, by a container that has its /lib/modules and may load modules (SYS_MODULE), and is removed at once';

/**
 * Loads the modules into the kernel under an engine; modules that are built in or not there are left out.
 * @returns those that were not to be had
 * @throws LabError machineCannot where the host keeps no modules for its kernel
 */
export async function loadModules(docker: Docker, image: string): Promise<string[]> {
  // The one bind mount of the whole tool: modules fit only the kernel that runs, so they must be the engine's own.
  const options = {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    CapAdd: ['SYS_MODULE'],
    Mounts: [{ Type: 'bind' as const, Source: '/lib/modules', Target: '/lib/modules', ReadOnly: true }],
  };
  const script = `[ -d /lib/modules/$(uname -r) ] || { echo "no modules for kernel $(uname -r)"; exit 9; }
for m in ${ENGINE_MODULES.join(' ')}; do modprobe -q $m || echo "missing $m"; done`;
  let result;
  try {
    result = await runOnce(docker, image, ['sh', '-c', script], options);
  } catch (error) {
    throw new LabError(EXIT.machineCannot, `no modules could be loaded: ${(error as Error).message}`, {
      mend: 'the engine’s host must have /lib/modules; or leave Docker out: --machine embedded',
      cause: error,
    });
  }
  if (result.code === 9)
    throw new LabError(
      EXIT.machineCannot,
      `no modules could be loaded: ${result.output.trim()} on the engine’s host`,
      {
        mend: 'install its kernel’s modules there; or leave Docker out: --machine embedded',
      },
    );
  return [...result.output.matchAll(/^missing (\S+)$/gm)].map((m) => m[1] ?? '');
}
