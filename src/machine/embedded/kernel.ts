import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { EXIT, LabError } from '../../errors.ts';
import { namesIn } from '../../host/files.ts';
import { cacheDirectory, rootsOnBoard } from '../../host/paths.ts';
import { assertKept } from '../../state/own-files.ts';
import { contentKey } from './content-key.ts';
import { askedKernel, type KernelKind } from './kernel-kinds.ts';
import { KERNEL_RECIPE } from './kernel-recipe.ts';
import type { KernelRoot } from './root.ts';

/** A kernel that can be booted on a root. */
export interface Kernel {
  kind: KernelKind;
  /** An ELF program. */
  program: string;
  /** Folder with the program and what it needs beside it. */
  directory: string;
  /** As `uname -r` says it. */
  release: string;
  /** ext2 image for the folder of modules, which says what is built in; undefined: the root has it. */
  modules?: string;
}

const madeKernelSchema = z.object({
  release: z.string(),
  /** Debian's source package and its version. */
  source: z.object({ package: z.string(), version: z.string() }),
  /** ISO 8601. */
  built: z.string(),
});
/** What is told of a kernel that was made for labs, in its folder. */
export type MadeKernelFacts = z.infer<typeof madeKernelSchema>;

/** A kernel that was made for labs, with its source's version and its configuration beside it. */
export interface MadeKernel extends Kernel {
  kind: 'lab';
  modules: string;
  facts: MadeKernelFacts;
}

/** In the folder of a made kernel, beside its configuration `config`. */
export const MADE = {
  program: 'linux',
  modules: 'modules.img',
  facts: 'kernel.json',
  config: 'config',
} as const;

/** Names what a kernel is made from; another configuration is another key. */
export function kernelKey(): string {
  return contentKey(['kernel.config'], KERNEL_RECIPE);
}

/** What a made kernel's folder is called, by the version of its source. */
export function kernelName(sourceVersion: string): string {
  return `kernel-${kernelKey()}-${sourceVersion.replaceAll(/[^\w.+~-]/g, '_')}`;
}

/** Debian's kernel, which comes with a root. */
export function debianKernel(root: KernelRoot): Kernel {
  const { directory, kernel, kernelVersion } = root;
  return { kind: 'debian', program: kernel, directory, release: kernelVersion };
}

/**
 * The kernel that was made for labs by this version of the tool, on board or in the cache, the newest source's; undefined
 * where there is none.
 * @throws LabError machineCannot where another user could have put it there: it is a program that runs
 */
export async function findMadeKernel(): Promise<MadeKernel | undefined> {
  for (const place of [rootsOnBoard, cacheDirectory()]) {
    const names = namesIn(place).filter((name) => name.startsWith(`kernel-${kernelKey()}-`));
    for (const name of names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))) {
      const directory = join(place, name);
      const facts = await readFacts(directory);
      if (facts === undefined) continue;
      if (place !== rootsOnBoard) [place, directory].forEach(assertKept);
      return {
        ...{ kind: 'lab', directory, facts, release: facts.release },
        program: join(directory, MADE.program),
        modules: join(directory, MADE.modules),
      };
    }
  }
  return undefined;
}

/** Undefined for a damaged one too: it is then made anew. */
async function readFacts(directory: string): Promise<MadeKernelFacts | undefined> {
  try {
    const text = await readFile(join(directory, MADE.facts), 'utf8');
    return madeKernelSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * The kernel that was made for labs, where an embedded lab is to run on it: where it is asked for, or nothing is and it is
 * there.
 * @param option what the command line asks for; where it does not, `LVSLAB_KERNEL` may
 * @returns undefined: Debian's
 * @throws LabError machineCannot where it is asked for and not there; badInput for a mistake in the environment
 */
export async function chooseKernel(option: KernelKind | undefined): Promise<MadeKernel | undefined> {
  const asked = askedKernel(option);
  if (asked === 'debian') return undefined;
  const made = await findMadeKernel();
  if (made === undefined && asked === 'lab')
    throw new LabError(EXIT.machineCannot, 'this version of the tool has made no kernel for labs yet', {
      fix: `make it, once: lab kernel build (${GAIN.takes}); or take Debian's: --kernel debian`,
    });
  return made;
}

/** What a made kernel is worth, as people read it. */
export const GAIN = {
  takes: 'some four minutes',
  text: 'starts in a tenth of the time, and has iptables, nftables and every scheduler',
} as const;
