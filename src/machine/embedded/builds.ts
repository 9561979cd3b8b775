import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, LabError } from '../../errors.ts';
import { hostCommand } from '../../host/command.ts';
import { textOrNothing } from '../../host/files.ts';
import { undoing } from '../../host/interrupt.ts';
import { hold, tryHold } from '../../host/lock.ts';
import { cacheDirectory } from '../../host/paths.ts';
import { endTree, hasEnded, identityText, readIdentity } from '../processes.ts';

/** The lock that whoever builds for the cache holds. */
export function buildLock(): string {
  return join(cacheDirectory(), 'build.lock');
}

/** How the folders of unfinished builds begin. */
const UNFINISHED = 'building-';

/**
 * A folder for a build's unfinished parts. Only the holder of the lock is ever in it, so what is there is a killed
 * build's.
 */
function buildFolder(what: string): string {
  return join(cacheDirectory(), `${UNFINISHED}${what}`);
}

/**
 * Builds something for the cache, alone, in a new folder that is gone afterwards: what is to stay is moved out of it.
 * What builds that were killed have left goes first.
 * @param onWait called where somebody else builds
 * @throws LabError machineCannot where something of a killed build cannot be removed
 */
export async function buildAlone<T>(
  what: string,
  onWait: () => void,
  build: (folder: string) => Promise<T>,
): Promise<T> {
  const lock = await hold(buildLock(), { onWait });
  const folder = buildFolder(what);
  // What builds notices an interruption itself; its folder goes in any case.
  return undoing(async () => {
    try {
      await discardUnfinished();
      await mkdir(folder, { mode: 0o700 });
      return await build(folder);
    } finally {
      if (existsSync(folder)) await discard(folder);
      await lock.release();
    }
  });
}

/**
 * Removes what killed builds have left, unless a build is at work.
 * @param cleaning milliseconds for a program of such a build to come to its end by itself
 * @throws LabError machineCannot where something cannot be removed
 */
export async function clearUnfinished(cleaning?: number): Promise<void> {
  if (!existsSync(cacheDirectory())) return;
  const lock = await tryHold(buildLock());
  try {
    if (lock !== undefined) await discardUnfinished(cleaning);
  } finally {
    await lock?.release();
  }
}

/** Removes what killed builds have left. The caller holds the build lock, so that no build is at work. */
async function discardUnfinished(cleaning?: number): Promise<void> {
  for (const name of await readdir(cacheDirectory()))
    if (name.startsWith(UNFINISHED)) await discard(join(cacheDirectory(), name), cleaning);
}

/** In a build's folder: the program at work there, which outlives a killed build for as long as it cleans up. */
const WORKER = 'worker';

/** Milliseconds for such a program to come to its end by itself; what it has made elsewhere goes with it. */
const CLEANING = 30_000;

/**
 * Writes down which program works in a build's folder: until it has ended, nothing else is put there.
 * @param pid of a child that has just been started
 */
export function recordWorker(folder: string, pid: number): void {
  writeFileSync(join(folder, WORKER), identityText(pid), { mode: 0o600 });
}

/** In a build's folder: where else it keeps unfinished parts, which are not all its user's own. */
const ELSEWHERE = 'elsewhere';

/** A folder for a build's unfinished parts which other user ids may enter; it goes with the build's own. */
export function folderForOtherIds(folder: string): string {
  const there = textOrNothing(join(folder, ELSEWHERE));
  if (there !== '') return there;
  const elsewhere = join(tmpdir(), `lvslab-build-${randomUUID()}`);
  // On record before it is there: whoever is killed in between leaves nothing that nobody knows of.
  writeFileSync(join(folder, ELSEWHERE), elsewhere, { mode: 0o600 });
  mkdirSync(elsewhere);
  chmodSync(elsewhere, 0o755);
  return elsewhere;
}

/** A user may not remove what another id has put there; root of a namespace that knows these ids may. */
async function discardElsewhere(folder: string): Promise<void> {
  const elsewhere = textOrNothing(join(folder, ELSEWHERE));
  if (elsewhere === '') return;
  await hostCommand('mmdebstrap', ['--unshare-helper', 'rm', '-rf', '--', elsewhere], { reject: false });
  await rm(elsewhere, { recursive: true, force: true });
}

/** Ends what is at work in a build's folder, if any, undoes its mounts, and removes the folder. */
async function discard(folder: string, cleaning = CLEANING): Promise<void> {
  await endKernel(folder);
  const worker = readIdentity(join(folder, WORKER));
  if (worker !== undefined) {
    await hasEnded(worker, cleaning);
    await endTree(worker);
  }
  // A killed bootstrap leaves the host's /proc, /sys and /dev mounted in its root: to remove what is below them would be
  // to remove those.
  for (const how of [[], ['--lazy']])
    for (const mount of mountsBelow(folder))
      await hostCommand('umount', [...how, '--', mount], { reject: false });
  const left = mountsBelow(folder);
  if (left.length > 0)
    throw new LabError(EXIT.machineCannot, `a build that was killed left file systems mounted in ${folder}`, {
      fix: `undo that as root: umount ${left.join(' ')}`,
    });
  await discardElsewhere(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Where file systems are mounted below a folder in this mount namespace, the innermost first. */
export function mountsBelow(folder: string): string[] {
  return textOrNothing('/proc/self/mountinfo')
    .split('\n')
    .map((row) =>
      (row.split(' ')[4] ?? '').replaceAll(/\\([0-7]{3})/g, (_, code: string) =>
        String.fromCharCode(parseInt(code, 8)),
      ),
    )
    .filter((place) => place.startsWith(`${folder}/`))
    .reverse();
}

/** Ends the kernel whose holder is recorded in a folder. */
export async function endKernel(folder: string): Promise<void> {
  const holder = readIdentity(join(folder, 'holder'));
  if (holder !== undefined) await endTree(holder);
}
