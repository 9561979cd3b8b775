import type { EngineFacts } from '../../../src/place/engine-facts.ts';
import type { HostFacts } from '../../../src/place/judge-host.ts';
import type { HostAbilities } from '../../../src/machine/abilities.ts';
import { processorNamed } from '../../../src/host/processor.ts';

const RELEASE = '6.12.43+deb13-arm64';
const MODULES = { release: RELEASE, kept: true, disabled: false, allowed: true };
const ABSENT = {
  state: 'absent' as const,
  words: `modprobe: FATAL: Module ip_vs not found in directory /lib/modules/${RELEASE}`,
};

/** A host of this system and processor, as Node.js names both; on Linux with root and ip_vs. */
function host(system: NodeJS.Platform, arch: string, own: Partial<HostAbilities> = {}): HostAbilities {
  const linux = system === 'linux';
  return {
    ...{ system, arch, processor: processorNamed(arch), insideRoot: false },
    ...{ root: linux, loopMount: linux, namespaces: linux },
    ipVs: linux ? { state: 'loaded', words: '' } : { state: 'absent', words: '' },
    modules: linux ? MODULES : { ...MODULES, kept: false, allowed: false },
    ...own,
  };
}

const WHERE = 'unix:///var/run/docker.sock (the local socket)';
const NO_ENGINE: EngineFacts = { state: 'absent', where: WHERE, others: [] };

/** An engine that answers, on this processor as it names it. */
function engine(
  arch: string,
  own: Partial<Extract<EngineFacts, { state: 'answers' }>> = { hasImage: false },
): EngineFacts {
  return {
    ...{ state: 'answers', where: WHERE, product: 'Docker', others: [] },
    ...{ version: '28.5.2', kernel: '6.10.14-linuxkit', arch, processor: processorNamed(arch) },
    ...{ image: 'lvslab-node:1f2e3d4c5b6a', hasImage: true, tried: ['rr'] },
    ...own,
  };
}
const NODE = {
  ipVs: true,
  words: '',
  rootless: false,
  schedulers: ['rr' as const],
  ipip: true,
  iptables: true,
};
const WITH_IP_VS = { node: NODE };
const WITHOUT = {
  node: { ...NODE, ipVs: false, words: "Can't initialize ipvs: Protocol not available", schedulers: [] },
};
const COLIMA = { product: 'colima', url: 'unix:///Users/s/.colima/default/docker.sock' };

/** A place for labs, by the finding that tells of it. */
export type Place = 'local machine' | 'embedded' | 'engine kernel';

export interface Kind {
  abilities: HostAbilities;
  engine: EngineFacts;
  /** Where labs run; what is not known yet is none of them. */
  places: Place[];
  ready: boolean | null;
  /** What must be said, in findings or their fixes. */
  says: RegExp[];
}

const ELSEWHERE = /the embedded kernel runs on Linux on x86-64 only/;

/** Hosts that people have. */
export const KINDS: Record<string, Kind> = {
  'arm64 Linux, root, ip_vs loaded': {
    ...{ abilities: host('linux', 'arm64'), engine: NO_ENGINE, places: ['local machine'], ready: true },
    says: [/Linux on arm64/, ELSEWHERE, /namespaces; this host's kernel has ip_vs$/m],
  },
  'arm64 Linux, root, ip_vs as a module': {
    abilities: host('linux', 'arm64', { ipVs: { state: 'module', words: '' } }),
    ...{ engine: NO_ENGINE, places: ['local machine'], ready: true },
    says: [/as a module, which `lab up` loads/],
  },
  'arm64 Linux, root, no ip_vs': {
    abilities: host('linux', 'arm64', { ipVs: ABSENT }),
    ...{ engine: NO_ENGINE, places: [], ready: false },
    says: [
      /has no ip_vs: modprobe: FATAL/,
      /run a kernel that has it/,
      ELSEWHERE,
      /start one, or name another/,
    ],
  },
  'arm64 Linux, root, without the modules of its kernel': {
    abilities: host('linux', 'arm64', { ipVs: ABSENT, modules: { ...MODULES, kept: false } }),
    ...{ engine: NO_ENGINE, places: [], ready: false },
    says: [new RegExp(`/lib/modules/${RELEASE.replaceAll('+', '\\+')} has no modules`), /restart this host/],
  },
  'arm64 Linux, root, no more modules': {
    abilities: host('linux', 'arm64', {
      ipVs: { state: 'module', words: '' },
      modules: { ...MODULES, disabled: true },
    }),
    ...{ engine: NO_ENGINE, places: [], ready: false },
    says: [/kernel\.modules_disabled is 1/, /restart this host/],
  },
  'arm64 Linux, a user of Docker': {
    abilities: host('linux', 'arm64', { root: false, modules: { ...MODULES, allowed: false } }),
    ...{ engine: engine('arm64', WITH_IP_VS), places: ['engine kernel'], ready: true },
    says: [/need root/, /kernel 6\.10\.14-linuxkit, arm64/, /ran a command, and is gone again/],
  },
  'a container on arm64': {
    abilities: host('linux', 'arm64', {
      ipVs: { state: 'module', words: '' },
      ...{ modules: { ...MODULES, allowed: false }, loopMount: false, namespaces: false },
    }),
    ...{ engine: NO_ENGINE, places: [], ready: false },
    says: [/CAP_SYS_MODULE/, /load it on the host itself: modprobe ip_vs/, /modprobe -a loop ext4/],
  },
  'a container on x86-64': {
    abilities: host('linux', 'x64', {
      ...{ ipVs: ABSENT, modules: { ...MODULES, allowed: false }, loopMount: false, namespaces: false },
    }),
    ...{ engine: NO_ENGINE, places: ['embedded'], ready: true },
    says: [/no namespaces for this user/, /has no ip_vs/],
  },
  'an x86-64 user without namespaces': {
    abilities: host('linux', 'x64', { root: false, namespaces: false }),
    ...{ engine: NO_ENGINE, places: ['embedded'], ready: true },
    says: [/need root/, /run it as root \(sudo\)/, /allow user namespaces/, /has no range in \/etc\/subuid/],
  },
  'x86-64 Linux with everything': {
    ...{ abilities: host('linux', 'x64'), engine: engine('amd64', WITH_IP_VS) },
    ...{ places: ['local machine', 'embedded', 'engine kernel'], ready: true },
    says: [/Linux on x86-64/, /scheduler rr \(all: lab doctor --schedulers\)/],
  },
  'macOS with Docker Desktop, and no image there yet': {
    ...{ abilities: host('darwin', 'arm64'), engine: engine('arm64'), places: [], ready: null },
    says: [
      /macOS on arm64/,
      /not Linux/,
      ELSEWHERE,
      /is not known yet: only a node can tell/,
      /lab image build/,
    ],
  },
  'macOS with Docker Desktop': {
    abilities: host('darwin', 'arm64'),
    ...{ engine: engine('aarch64', WITH_IP_VS), places: ['engine kernel'], ready: true },
    says: [/^Docker 28\.5\.2 at .*linuxkit, arm64$/m],
  },
  'macOS on arm64, an engine on x86-64': {
    abilities: host('darwin', 'arm64'),
    ...{ engine: engine('x86_64', WITH_IP_VS), places: ['engine kernel'], ready: true },
    says: [/macOS on arm64/, /linuxkit, x86-64$/m],
  },
  'Windows, an engine without ip_vs': {
    abilities: host('win32', 'x64'),
    ...{ engine: engine('amd64', WITHOUT), places: [], ready: false },
    says: [
      /Windows on x86-64/,
      /has no ip_vs \(Can't initialize ipvs: Protocol not available\)/,
      /doctor --fix/,
    ],
  },
  'Windows without an engine': {
    ...{ abilities: host('win32', 'x64'), engine: NO_ENGINE, places: [], ready: false },
    says: [/no engine at/, /start one, or name another with DOCKER_HOST/, ELSEWHERE],
  },
  'macOS, with an engine that nobody named': {
    abilities: host('darwin', 'arm64'),
    ...{ engine: { ...NO_ENGINE, others: [COLIMA] }, places: [], ready: false },
    says: [
      /start one, or name another with DOCKER_HOST$/m,
      /^found also, used where they are named: colima: DOCKER_HOST=unix:\/\/\/Users\/s\/\.colima\/default\/docker\.sock$/m,
    ],
  },
  'Podman, beside another engine': {
    abilities: host('linux', 'arm64', { root: false }),
    engine: engine('arm64', { ...WITH_IP_VS, product: 'Podman', version: '5.4.2', others: [COLIMA] }),
    ...{ places: ['engine kernel'], ready: true },
    says: [/^Podman 5\.4\.2 at /m, /found also.*colima/],
  },
  'an engine without root': {
    abilities: host('linux', 'arm64', { root: false }),
    engine: engine('arm64', {
      node: {
        ...WITHOUT.node,
        rootless: true,
        words: "Can't initialize ipvs: Permission denied (you must be root)",
      },
    }),
    ...{ places: [], ready: false },
    says: [
      /denies ip_vs to an engine without root \(rootless\), whatever modules it has \(Can't initialize/,
      /use an engine that root runs/,
    ],
  },
  'an engine that does not answer': {
    abilities: host('darwin', 'arm64'),
    engine: {
      state: 'unreachable',
      message: 'it does not answer: ECONNREFUSED',
      fix: 'start it',
      others: [],
    },
    ...{ places: [], ready: false },
    says: [/ECONNREFUSED/, /start it/],
  },
  'an engine on a processor that no lab runs on': {
    abilities: host('darwin', 'arm64'),
    ...{ engine: engine('riscv64'), places: [], ready: false },
    says: [
      /runs on riscv64, and labs run on Linux on x86-64 and arm64 only/,
      /name an engine on x86-64 or arm64/,
    ],
  },
  'an engine with an image of the wrong processor': {
    abilities: host('darwin', 'arm64'),
    engine: engine('arm64', { hasImage: { message: 'the image is for x86-64', fix: 'lab image build' } }),
    ...{ places: [], ready: false },
    says: [/the image is for x86-64/, /lab image build/],
  },
  'an engine on which no node works': {
    abilities: host('darwin', 'arm64'),
    engine: engine('arm64', { node: { message: 'no node works there: exec format error' } }),
    ...{ places: [], ready: false },
    says: [/exec format error/],
  },
  'an engine without some modules': {
    abilities: host('darwin', 'arm64'),
    engine: engine('arm64', {
      node: { ...NODE, ipip: false },
      tried: ['rr', 'mh'],
    }),
    ...{ places: ['engine kernel'], ready: true },
    says: [/lacks schedulers mh/, /no ipip, which TUN needs/, /doctor --fix/],
  },
  'Linux on a processor that no lab runs on': {
    ...{ abilities: host('linux', 'riscv64'), engine: NO_ENGINE, places: [], ready: false },
    says: [/this host runs on riscv64, and labs run on Linux on x86-64 and arm64 only/, ELSEWHERE],
  },
};

/** What was found out about a host of this kind on which nothing is installed or built. */
export function factsOf({ abilities, engine: found }: Kind): HostFacts {
  const absent = ['ssh', 'bwrap', 'mmdebstrap'].map((program) => ({
    program,
    package: program,
    purpose: '',
  }));
  return {
    ...{ abilities, engine: found, absent, root: undefined, kernel: undefined, node: 'v22.11.0' },
    user: { name: 'student', hasSubordinateIds: false },
  };
}
