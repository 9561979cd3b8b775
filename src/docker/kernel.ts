import type Docker from 'dockerode';
import { orEmbedded } from '../host/embedded-here.ts';
import { EXIT, LabError } from '../errors.ts';
import { SCHEDULERS, type Scheduler } from '../topology/types.ts';
import { runOnce } from './one-shot.ts';

/** What a container finds of the kernel under an engine. */
export interface EngineKernel {
  ipVs: boolean;
  /** ipvsadm's own words where it has none; empty where it does. */
  words: string;
  /** Whether the engine runs without root. */
  rootless: boolean;
  /** Of those that were tried. */
  schedulers: Scheduler[];
  /** IPIP tunnels, which TUN needs. */
  ipip: boolean;
  /** Tables of iptables, for lessons that take them. */
  iptables: boolean;
}

/**
 * A shell command that tries what a kernel has, in a network of its own. The kernel loads what it has as modules by
 * itself: `ip_vs`, the schedulers that are tried, `ipip`, iptables.
 */
export function kernelTrial(schedulers: readonly Scheduler[]): string[] {
  const script = `
if said=$(ipvsadm -Ln 2>&1); then echo ip_vs; else echo "words $said"; fi
for s in ${schedulers.join(' ')}; do ipvsadm -A -f 1 -s $s 2>/dev/null && echo $s && ipvsadm -C; done
ip link add probe type ipip local 192.0.2.1 remote 192.0.2.2 2>/dev/null && echo ipip
iptables -t mangle -A OUTPUT -j MARK --set-mark 1 2>/dev/null && echo iptables
true`;
  return ['sh', '-c', script];
}

/**
 * Reads what `kernelTrial` has printed.
 * @param rootless whether the engine that it ran on does without root
 */
export function readKernelTrial(output: string, rootless: boolean): EngineKernel {
  const rows = output.split('\n');
  const [, words = ''] = /^words (.*)$/m.exec(output) ?? [];
  return {
    ipVs: rows.includes('ip_vs'),
    words,
    rootless,
    schedulers: SCHEDULERS.filter((scheduler) => rows.includes(scheduler)),
    ipip: rows.includes('ipip'),
    iptables: rows.includes('iptables'),
  };
}

/** What to do about what a kernel lacks. */
export const MODULES_FIX = 'lab doctor --fix loads what the kernel has as modules';

/**
 * Why an engine's containers have no ip_vs, as what the kernel does, and what to do about it. The kernel allows ip_vs to
 * root alone, in the user namespace that all others lie in (7.2 does so still; what 6.10 eased are its sysctls): an engine
 * that an ordinary user runs lies in another, and no module helps.
 * @param fix what to do where the kernel does not have it at all
 */
export function withoutIpVs(
  { words, rootless }: Pick<EngineKernel, 'words' | 'rootless'>,
  fix = MODULES_FIX,
): { does: string; fix: string } {
  if (!rootless && !words.includes('Permission denied')) return { does: 'has no ip_vs', fix };
  const whom = rootless ? 'an engine without root (rootless)' : "this engine's containers";
  return {
    does: `denies ip_vs to ${whom}, whatever modules it has`,
    fix: 'use an engine that root runs (DOCKER_HOST, or docker context use)',
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
      fix: orEmbedded('the engine’s host must have /lib/modules'),
      cause: error,
    });
  }
  if (result.code === 9)
    throw new LabError(
      EXIT.machineCannot,
      `no modules could be loaded: ${result.output.trim()} on the engine’s host`,
      {
        fix: orEmbedded('install its kernel’s modules there'),
      },
    );
  return [...result.output.matchAll(/^missing (\S+)$/gm)].map((m) => m[1] ?? '');
}
