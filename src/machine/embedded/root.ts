import type { ExecaError } from 'execa';
import { hostCommand } from '../../host/command.ts';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { EXIT, LabError } from '../../errors.ts';
import { cacheDirectory, packageRoot, rootsOnBoard } from '../../host/paths.ts';
import { seconds, type Progress, type Task } from '../../terminal/progress.ts';
import { assertKept } from '../../state/own-files.ts';
import {
  EMBEDDED_ELSEWHERE,
  EMBEDDED_PROCESSOR,
  LIBRARIES,
  hostProcessor,
  processorText,
  type Processor,
} from '../../host/processor.ts';
import { bootstrap } from './bootstrap.ts';
import { buildAlone } from './builds.ts';
import { contentKey } from './content-key.ts';
import { executionFor, type Execution } from './emulation.ts';
import { buildPrograms, ensurePrograms } from './packages.ts';
import { kernellessRecipe, machineRecipe, packageList, type RootKind, packageMirror } from './recipe.ts';

/** A root file system, built once and only read from then on. */
export interface Root {
  /** Names what it was built from; another list of packages, or another processor, is another key. */
  key: string;
  directory: string;
  /** ext2 image of the root file system. */
  image: string;
  manifest: RootManifest;
}

/** One with its own kernel, for the processor that there is such a kernel for. */
export interface KernelRoot extends Root {
  /** The user-mode kernel, an ELF program that finds its own libc in this directory. */
  kernel: string;
  /** Its release. */
  kernelVersion: string;
}

const rootManifestSchema = z.object({
  /** Debian packages and their versions. */
  packages: z.record(z.string(), z.string()),
  /** Absent where it has no kernel of its own. */
  kernelVersion: z.exactOptional(z.string()),
  /** ISO 8601. */
  built: z.string(),
});
export type RootManifest = z.infer<typeof rootManifestSchema>;

const ROOT_NAMES: Record<RootKind, string> = {
  netns: 'root filesystem',
  docker: 'engine filesystem',
};

/** What is built: roots for the embedded kernel, and for nodes elsewhere such as have no kernel. */
interface Wanted {
  kind: RootKind;
  processor: Processor;
}

/**
 * What the root would be called that this version of the tool wants.
 * @param processor any but that of the embedded kernel has a root for `netns` alone
 */
export function rootKey(kind: RootKind, processor: Processor = EMBEDDED_PROCESSOR): string {
  if (processor !== EMBEDDED_PROCESSOR)
    return contentKey(['packages.txt', 'node-agent', 'frame-probe'], kernellessRecipe(processor, '', '', []));
  const files = ['packages.txt', 'guest-init', 'node-agent', 'frame-probe', 'sshd.conf'];
  return contentKey(files, [...machineRecipe(kind, '', '', []), ...RELOCATION]);
}

/**
 * The root of the current package list where it is on board or has been built; undefined where not.
 * @throws LabError machineCannot where another user could have put it there: its kernel is a program that runs
 */
export async function findRoot(kind: RootKind = 'netns'): Promise<KernelRoot | undefined> {
  const root = await find({ kind, processor: EMBEDDED_PROCESSOR });
  return root === undefined ? undefined : withKernel(root);
}

/** The same for nodes that are namespaces of a host of some processor, which needs no kernel of the root's. */
export function findNodesRoot(processor: Processor): Promise<Root | undefined> {
  return find({ kind: 'netns', processor });
}

function withKernel(root: Root): KernelRoot {
  const { directory, manifest } = root;
  return { ...root, kernel: join(directory, 'linux'), kernelVersion: manifest.kernelVersion ?? '' };
}

async function find({ kind, processor }: Wanted): Promise<Root | undefined> {
  const key = rootKey(kind, processor);
  for (const place of [rootsOnBoard, cacheDirectory()]) {
    const directory = join(place, `root-${key}`);
    const manifest = await readManifest(directory);
    if (manifest === undefined) continue;
    if (place !== rootsOnBoard) [place, directory].forEach(assertKept);
    return { key, directory, image: join(directory, 'root.img'), manifest };
  }
  return undefined;
}

/**
 * What is told of a root; undefined where there is none, or a damaged one: it is then built anew.
 * @throws LabError machineCannot where it may not be read: to build it would be in vain
 */
async function readManifest(directory: string): Promise<RootManifest | undefined> {
  try {
    const text = await readFile(join(directory, 'manifest.json'), 'utf8');
    return rootManifestSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new LabError(
      EXIT.machineCannot,
      `cannot read the root filesystem in ${directory}: ${(error as Error).message}`,
      { fix: 'make it yours, or name another place for it with XDG_CACHE_HOME', cause: error },
    );
  }
}

/**
 * The root of the current package list for the embedded kernel, built where it is not there yet. Two builds at once become
 * one; a build that is killed leaves nothing that could be taken for a root.
 * @throws LabError machineCannot where the embedded kernel does not run here, or the host lacks what the build takes
 */
export async function ensureRoot(progress: Progress, kind: RootKind = 'netns'): Promise<KernelRoot> {
  if (platform() !== 'linux' || hostProcessor() !== EMBEDDED_PROCESSOR)
    throw new LabError(EXIT.machineCannot, EMBEDDED_ELSEWHERE);
  return withKernel(await ensure({ kind, processor: EMBEDDED_PROCESSOR }, progress));
}

/**
 * The same for nodes that are namespaces of a host, this or another.
 * @param processor that host's
 * @throws LabError machineCannot where this host lacks what the build takes
 */
export function ensureNodesRoot(progress: Progress, processor: Processor): Promise<Root> {
  return ensure({ kind: 'netns', processor }, progress);
}

async function ensure(wanted: Wanted, progress: Progress): Promise<Root> {
  const found = await find(wanted);
  if (found !== undefined) return found;
  const mirror = packageMirror();
  const execution = await executionFor(wanted.processor, ELSEWHERE, progress);
  await ensurePrograms(buildPrograms(), progress);
  const text = processorText(wanted.processor);
  const task = progress.start(ROOT_NAMES[wanted.kind], `starting (${text})`);
  const began = performance.now();
  try {
    await build(wanted, execution, mirror, task, progress);
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`built (${text}, ${seconds(performance.now() - began)}, kept for next time)`);
  const built = await find(wanted);
  if (built === undefined)
    throw new LabError(EXIT.labFailed, 'the root filesystem vanished after it was built');
  return built;
}

/** What gets a host its root where that cannot be built here. */
const ELSEWHERE = 'run lab on a host with such a processor; there it needs no emulation';

async function build(
  wanted: Wanted,
  execution: Execution,
  mirror: string | undefined,
  task: Task,
  progress: Progress,
): Promise<void> {
  const { kind, processor } = wanted;
  const key = rootKey(kind, processor);
  const waiting = () => {
    task.update('waiting for another build');
  };
  await buildAlone(key, waiting, async (work) => {
    if ((await find(wanted)) !== undefined) return;
    const packages = packageList(await readFile(join(packageRoot, 'images', 'packages.txt'), 'utf8'));
    const images = join(packageRoot, 'images');
    const hasKernel = processor === EMBEDDED_PROCESSOR;
    const argv = hasKernel
      ? machineRecipe(kind, work, images, packages, mirror)
      : kernellessRecipe(processor, work, images, packages, mirror);
    await bootstrap(argv, { work, output: join(work, 'root.img') }, task, progress, { execution });
    if (hasKernel) await placeKernel(work);
    await finish(work);
    const directory = join(cacheDirectory(), `root-${key}`);
    await rm(directory, { recursive: true, force: true });
    await rename(work, directory);
  });
}

const { loader: LOADER } = LIBRARIES[EMBEDDED_PROCESSOR];

/** What makes the kernel find its libc at whatever place its folder is, once it is started from there. */
const RELOCATION = ['--set-interpreter', `lib/${LOADER}`, '--set-rpath', '$ORIGIN/lib'];

/** Makes the kernel that was bootstrapped in `work` usable, there and wherever it is moved. */
async function placeKernel(work: string): Promise<void> {
  await mkdir(join(work, 'lib'), { recursive: true });
  try {
    await hostCommand('patchelf', [...RELOCATION, join(work, 'linux.uml')]);
  } catch (error) {
    throw new LabError(EXIT.machineCannot, `patchelf failed: ${(error as ExecaError).shortMessage}`, {
      cause: error,
    });
  }
  await rename(join(work, 'linux.uml'), join(work, 'linux'));
  await chmod(join(work, 'linux'), 0o755);
  for (const library of [LOADER, 'libc.so.6']) await rename(join(work, library), join(work, 'lib', library));
}

/** Writes down what was bootstrapped in `work`, and leaves nothing there but what a root consists of. */
async function finish(work: string): Promise<void> {
  const rows = (await readFile(join(work, 'versions'), 'utf8')).trim().split('\n');
  // A package's row has two words.
  const kernelVersion = rows.find((row) => !row.includes(' '));
  const packages = rows.filter((row) => row.includes(' ')).map((row) => row.split(' ') as [string, string]);
  const manifest: RootManifest = {
    packages: Object.fromEntries(packages),
    ...(kernelVersion === undefined ? {} : { kernelVersion }),
    built: new Date().toISOString(),
  };
  await writeFile(join(work, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(join(work, 'versions'));
  for (const left of await readdir(work))
    if (!KEPT.has(left)) await rm(join(work, left), { recursive: true, force: true });
  if (!existsSync(join(work, 'root.img')))
    throw new LabError(EXIT.machineCannot, 'mmdebstrap ended well but left no image');
}

const KEPT = new Set(['linux', 'lib', 'root.img', 'manifest.json']);
