import type { ExecaError } from 'execa';
import { hostCommand } from '../../host-command.ts';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, LabError } from '../../errors.ts';
import { hold, tryHold } from '../../lock.ts';
import { interruptSignal } from '../../interrupt.ts';
import { cacheDirectory, packageRoot } from '../../paths.ts';
import { seconds, type Progress, type Task } from '../../report/progress.ts';
import { packageList, recipe } from './recipe.ts';
import { BUILD_PROGRAMS, UNPRIVILEGED_BUILD_PROGRAMS, ensurePrograms, lastLines } from './packages.ts';

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

export interface RootManifest {
  /** Debian packages and their versions. */
  packages: Record<string, string>;
  kernelVersion: string;
  /** ISO 8601. */
  built: string;
}

/** What the root would be called that this version of the tool wants. */
export async function rootKey(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['packages.txt', 'guest-init', 'node-agent', 'sshd.conf'])
    hash.update(await readFile(join(packageRoot, 'images', file)));
  return hash
    .update(JSON.stringify(recipe('', '', [])))
    .digest('hex')
    .slice(0, 12);
}

/** The root of the current package list where it has been built; undefined where not. */
export async function findRoot(): Promise<Root | undefined> {
  const key = await rootKey();
  const directory = join(cacheDirectory(), `root-${key}`);
  let manifest: RootManifest;
  try {
    manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as RootManifest;
  } catch {
    return undefined;
  }
  return {
    key,
    directory,
    image: join(directory, 'root.img'),
    kernel: join(directory, 'linux'),
    manifest,
  };
}

/**
 * The root of the current package list, built where it is not there yet. Two builds at once become one; a build that
 * is killed leaves nothing that could be taken for a root.
 * @throws LabError machineCannot where the host lacks what it takes
 */
export async function ensureRoot(progress: Progress): Promise<Root> {
  const found = await findRoot();
  if (found !== undefined) return found;
  await ensurePrograms(
    process.getuid?.() === 0 ? BUILD_PROGRAMS : [...BUILD_PROGRAMS, ...UNPRIVILEGED_BUILD_PROGRAMS],
    progress,
  );
  const task = progress.start('root filesystem', 'starting');
  const began = Date.now();
  try {
    await build(await rootKey(), task, progress);
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`built (${seconds(Date.now() - began)}, kept for next time)`);
  const built = await findRoot();
  if (built === undefined)
    throw new LabError(EXIT.labFailed, 'the root filesystem vanished after it was built');
  return built;
}

async function build(key: string, task: Task, progress: Progress): Promise<void> {
  const cache = cacheDirectory();
  const lock = await hold(join(cache, 'build.lock'), () => {
    task.update('waiting for another build');
  });
  const work = join(cache, `building-${key}`);
  try {
    if ((await findRoot()) !== undefined) return;
    // Only the holder of the lock is ever in this directory, so what is there is a killed build's.
    await rm(work, { recursive: true, force: true });
    await mkdir(join(work, 'lib'), { recursive: true });
    await bootstrap(work, task, progress);
    const directory = join(cache, `root-${key}`);
    await finish(work, directory);
    await rm(directory, { recursive: true, force: true });
    await rename(work, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
    lock.release();
  }
}

/** Removes what a killed build left; a build at work holds the lock and is left alone. */
export async function removeStaleBuilds(): Promise<void> {
  const cache = cacheDirectory();
  const stale = existsSync(cache)
    ? (await readdir(cache)).filter((name) => name.startsWith('building-'))
    : [];
  if (stale.length === 0) return;
  const lock = await tryHold(join(cache, 'build.lock'));
  if (lock === undefined) return;
  for (const name of stale) await rm(join(cache, name), { recursive: true, force: true });
  lock.release();
}

async function bootstrap(work: string, task: Task, progress: Progress): Promise<void> {
  const packages = packageList(await readFile(join(packageRoot, 'images', 'packages.txt'), 'utf8'));
  const argv = recipe(work, join(packageRoot, 'images'), packages, process.env['LVSLAB_MIRROR']);
  const first = await mmdebstrap(argv, work, task);
  if (first.ok) return;
  if (interruptSignal.aborted) throw interruptSignal.reason as Error;
  const expired = /invalid since ([^)]*)\)/.exec(first.output)?.[1];
  if (expired === undefined) throw buildFailure(first.output);
  progress.warn(
    `the package mirror's index has been out of date since ${expiryDate(expired, new Date())}. ` +
      'Its signatures are checked all the same; packages may lack recent security updates.',
  );
  const second = await mmdebstrap(['--aptopt=Acquire::Check-Valid-Until "false"', ...argv], work, task);
  if (!second.ok) throw buildFailure(second.output);
}

/** apt says how long ago: `17d 5h 45min 11s`. */
function expiryDate(ago: string, now: Date): string {
  const unit: Record<string, number> = { d: 86_400, h: 3600, min: 60, s: 1 };
  const total = [...ago.matchAll(/(\d+)(d|h|min|s)/g)].reduce(
    (sum, [, count, name = 's']) => sum + Number(count) * (unit[name] ?? 0),
    0,
  );
  return new Date(now.getTime() - total * 1000).toISOString().slice(0, 10);
}

async function mmdebstrap(
  argv: string[],
  work: string,
  task: Task,
): Promise<{ ok: boolean; output: string }> {
  await rm(join(work, 'root.img'), { force: true });
  const asRoot = process.getuid?.() === 0;
  // The signal ends mmdebstrap, which then cleans up after itself, when this process is killed.
  const child = hostCommand('setpriv', ['--pdeathsig', 'TERM', 'mmdebstrap', ...argv], {
    stdin: 'ignore',
    reject: false,
    all: true,
    // It signals its whole process group when it fails, so it gets one of its own.
    detached: true,
    cancelSignal: interruptSignal,
    // An ordinary user's build runs under other user ids, which may not enter the user's own cache.
    env: asRoot ? { TMPDIR: work } : {},
  });
  child.all.on('data', (chunk: Buffer) => {
    const stage = /I: ([^\n]+)\n*$/.exec(chunk.toString())?.[1];
    if (stage !== undefined) task.update(stage.replace(/\.\.\.$/, ''));
  });
  const result = await child;
  return { ok: result.exitCode === 0, output: result.all };
}

function buildFailure(output: string): LabError {
  const reasons: [RegExp, string][] = [
    [
      /No space left on device/,
      'free 1.5 GB on the disk that holds the cache and /tmp, or set XDG_CACHE_HOME',
    ],
    [
      /Temporary failure resolving|Could not resolve|Could not connect|Network is unreachable|Unable to connect/,
      'the Debian packages could not be fetched: check the network, or set LVSLAB_MIRROR to a mirror that is in reach',
    ],
    [
      /newuidmap|subuid|subgid/,
      `give your user a range of ids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${process.env['USER'] ?? 'USER'}`,
    ],
  ];
  const mend = reasons.find(([pattern]) => pattern.test(output))?.[1];
  return new LabError(EXIT.machineCannot, `the root filesystem could not be built:\n${lastLines(output)}`, {
    mend: mend ?? 'nothing was kept; run the same command again once the cause is gone',
  });
}

/** Makes what was bootstrapped in `work` usable at its final place. */
async function finish(work: string, directory: string): Promise<void> {
  try {
    await hostCommand('patchelf', [
      '--set-interpreter',
      join(directory, 'lib', 'ld-linux-x86-64.so.2'),
      '--set-rpath',
      join(directory, 'lib'),
      join(work, 'linux.uml'),
    ]);
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
