import { arch } from 'node:os';

/** The processors that labs run on, by the names that Debian and Docker give them. */
export const PROCESSORS = ['amd64', 'arm64'] as const;
export type Processor = (typeof PROCESSORS)[number];

/** What other programs call them, each in its own way: uname(2), Node.js, Docker, Debian. */
const NAMES: Record<string, Processor> = {
  amd64: 'amd64',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  x64: 'amd64',
  arm64: 'arm64',
  aarch64: 'arm64',
};

/**
 * The processor that a program names.
 * @param name as `uname -m`, `process.arch`, an engine's `/version` (`Arch`) or `dpkg --print-architecture` says it
 * @returns undefined for one that no lab runs on
 */
export function processorNamed(name: string): Processor | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}

/** This host's; undefined where it is one that no lab runs on. */
export function hostProcessor(): Processor | undefined {
  return processorNamed(arch());
}

/** As messages say it: `x86-64`, `arm64`. */
export function processorText(processor: Processor): string {
  return processor === 'amd64' ? 'x86-64' : processor;
}

/** Where Debian keeps the libraries of a processor, and the loader's name among them. */
export const LIBRARIES: Record<Processor, { folder: string; loader: string }> = {
  amd64: { folder: '/usr/lib/x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { folder: '/usr/lib/aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/** Their numbers in the headers of programs (e_machine in elf.h). */
export const ELF_MACHINES: Record<Processor, number> = { amd64: 62, arm64: 183 };

/** The only processor that Debian packages the embedded kernel for. */
export const EMBEDDED_PROCESSOR = 'amd64' satisfies Processor;

/** Why the embedded kernel is not on a host that is not Linux on x86-64, in the same words everywhere. */
export const EMBEDDED_ELSEWHERE =
  'the embedded kernel runs on Linux on x86-64 only (elsewhere, run it in a Docker container or virtual machine of that kind)';
