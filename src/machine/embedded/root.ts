import type { ExecaError } from 'execa';
import { hostCommand } from '../../host-command.ts';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { EXIT, LabError } from '../../errors.ts';
import { cacheDirectory, packageRoot, rootsOnBoard } from '../../paths.ts';
import { seconds, type Progress, type Task } from '../../report/progress.ts';
import { assertKept } from '../../state/own-files.ts';
import { bootstrap } from './bootstrap.ts';
import { buildAlone } from './builds.ts';
import { contentKey } from './content-key.ts';
import { machineRecipe, packageList, type RootKind, packageMirror } from './recipe.ts';
import { buildPrograms, ensurePrograms } from './packages.ts';

/** A root file system with its own kernel, built once and only read from then on. */
export interface Root {
  /** Names what it was built from; another list of packages is another key. */
  key: string;
  directory: string;
  /** ext2 image of the root file system. */
  image: string;
  /** The user-mode kernel, an ELF program that finds its own libc in this directory. */
  kernel: string;
  manifest: RootManifest;
}

const rootManifestSchema = z.object({
  /** Debian packages and their versions. */
  packages: z.record(z.string(), z.string()),
  kernelVersion: z.string(),
  /** ISO 8601. */
  built: z.string(),
});
export type RootManifest = z.infer<typeof rootManifestSchema>;

const ROOT_NAMES: Record<RootKind, string> = {
  netns: 'root filesystem',
  docker: 'engine filesystem',
};

/** What the root would be called that this version of the tool wants. */
export function rootKey(kind: RootKind): string {
  const files = ['packages.txt', 'guest-init', 'node-agent', 'frame-probe', 'sshd.conf'];
  return contentKey(files, [...machineRecipe(kind, '', '', []), ...RELOCATION]);
}

/**
 * The root of the current package list where it is on board or has been built; undefined where not.
 * @throws LabError machineCannot where another user could have put it there: its kernel is a program that runs
 */
export async function findRoot(kind: RootKind = 'netns'): Promise<Root | undefined> {
  const key = rootKey(kind);
  for (const place of [rootsOnBoard, cacheDirectory()]) {
    const directory = join(place, `root-${key}`);
    const manifest = await readManifest(directory);
    if (manifest === undefined) continue;
    if (place !== rootsOnBoard) [place, directory].forEach(assertKept);
    const [image, kernel] = [join(directory, 'root.img'), join(directory, 'linux')];
    return { key, directory, image, kernel, manifest };
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
      { mend: 'make it yours, or name another place for it with XDG_CACHE_HOME', cause: error },
    );
  }
}

/**
 * The root of the current package list, built where it is not there yet. Two builds at once become one; a build that
 * is killed leaves nothing that could be taken for a root.
 * @throws LabError machineCannot where the host lacks what it takes
 */
export async function ensureRoot(progress: Progress, kind: RootKind = 'netns'): Promise<Root> {
  const found = await findRoot(kind);
  if (found !== undefined) return found;
  const mirror = packageMirror();
  await ensurePrograms(buildPrograms(), progress);
  const task = progress.start(ROOT_NAMES[kind], 'starting');
  const began = performance.now();
  try {
    await build(kind, mirror, task, progress);
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`built (${seconds(performance.now() - began)}, kept for next time)`);
  const built = await findRoot(kind);
  if (built === undefined)
    throw new LabError(EXIT.labFailed, 'the root filesystem vanished after it was built');
  return built;
}

async function build(
  kind: RootKind,
  mirror: string | undefined,
  task: Task,
  progress: Progress,
): Promise<void> {
  const key = rootKey(kind);
  const waiting = () => {
    task.update('waiting for another build');
  };
  await buildAlone(key, waiting, async (work) => {
    if ((await findRoot(kind)) !== undefined) return;
    await mkdir(join(work, 'lib'), { recursive: true });
    const packages = packageList(await readFile(join(packageRoot, 'images', 'packages.txt'), 'utf8'));
    const images = join(packageRoot, 'images');
    const argv = machineRecipe(kind, work, images, packages, mirror);
    await bootstrap(argv, { work, output: join(work, 'root.img') }, task, progress);
    const directory = join(cacheDirectory(), `root-${key}`);
    await finish(work);
    await rm(directory, { recursive: true, force: true });
    await rename(work, directory);
  });
}

/** What makes the kernel find its libc at whatever place its folder is, once it is started from there. */
const RELOCATION = ['--set-interpreter', 'lib/ld-linux-x86-64.so.2', '--set-rpath', '$ORIGIN/lib'];

/** Makes what was bootstrapped in `work` usable, there and wherever it is moved. */
async function finish(work: string): Promise<void> {
  try {
    await hostCommand('patchelf', [...RELOCATION, join(work, 'linux.uml')]);
  } catch (error) {
    throw new LabError(EXIT.machineCannot, `patchelf failed: ${(error as ExecaError).shortMessage}`, {
      cause: error,
    });
  }
  await rename(join(work, 'linux.uml'), join(work, 'linux'));
  await chmod(join(work, 'linux'), 0o755);
  for (const library of ['ld-linux-x86-64.so.2', 'libc.so.6'])
    await rename(join(work, library), join(work, 'lib', library));
  const versions = (await readFile(join(work, 'versions'), 'utf8')).trim().split('\n');
  const manifest: RootManifest = {
    packages: Object.fromEntries(versions.slice(1).map((row) => row.split(' ') as [string, string])),
    kernelVersion: versions[0] ?? '',
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
