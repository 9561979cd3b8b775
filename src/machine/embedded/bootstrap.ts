import { rm } from 'node:fs/promises';
import { EXIT, LabError } from '../../errors.ts';
import { hostCommands } from '../../host/command.ts';
import { interruptSignal } from '../../host/interrupt.ts';
import type { Progress, Task } from '../../terminal/progress.ts';
import { folderForOtherIds, recordWorker } from './builds.ts';
import { DIRECTLY, type Execution } from './emulation.ts';
import { lastLines } from './packages.ts';
import { asNamespaceRoot, mapAllIds } from './user-namespace.ts';

/** What is particular about one thing that is bootstrapped. */
export interface BootstrapOptions {
  /** How programs of its processor are run here. */
  execution?: Execution;
  /** What a failure of its own means, by what was printed; undefined: it is one that any could have. */
  explain?: (output: string) => LabError | undefined;
}

/**
 * Runs mmdebstrap; where the mirror's index is out of date, once more without that check, and says so.
 * @param place folder for its temporary files, and the file or folder that it makes
 * @throws LabError machineCannot with the reason and its fix; the interruption, once mmdebstrap has cleaned up
 */
export async function bootstrap(
  argv: string[],
  place: { work: string; output: string },
  task: Task,
  progress: Progress,
  { execution = DIRECTLY, explain = () => undefined }: BootstrapOptions = {},
): Promise<void> {
  const wanted = [...execution.options, ...argv];
  const first = await mmdebstrap(wanted, place, task, execution);
  if (first.ok) return;
  const expired = /invalid since ([^)]*)\)/.exec(first.output)?.[1];
  if (expired === undefined) throw explain(first.output) ?? buildFailure(first.output);
  progress.warn(
    `the package mirror's index has been out of date since ${expiryDate(expired, new Date())}. ` +
      'Its signatures are checked all the same; packages may lack recent security updates.',
  );
  const second = await mmdebstrap(
    ['--aptopt=Acquire::Check-Valid-Until "false"', ...wanted],
    place,
    task,
    execution,
  );
  if (!second.ok) throw explain(second.output) ?? buildFailure(second.output);
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
  { work, output }: { work: string; output: string },
  task: Task,
  { namespace }: Execution,
): Promise<{ ok: boolean; output: string }> {
  // What a failed try has left: it has undone its own mounts.
  await rm(output, { recursive: true, force: true });
  const asRoot = process.getuid?.() === 0;
  // An ordinary user's mmdebstrap makes a user namespace for itself.
  const within = namespace && asRoot;
  const program = ['mmdebstrap', ...argv];
  // By the first signal mmdebstrap ends and cleans up after itself. Emulated, it leaves much behind that goes on; by the
  // second, all of that ends at once, and its mounts with it.
  const [signal, command] = within
    ? (['SIGKILL', asNamespaceRoot(program)] as const)
    : (['SIGTERM', program] as const);
  // The same when this process is killed.
  const { run } = await hostCommands();
  const child = run('setpriv', ['--pdeathsig', signal.slice(3), ...command], {
    stdin: within ? 'pipe' : 'ignore',
    reject: false,
    all: true,
    // It signals its whole process group when it fails, so it gets one of its own.
    detached: true,
    cancelSignal: interruptSignal,
    killSignal: signal,
    // An ordinary user's build runs under other user ids, which may not enter the user's own cache; and apt takes some
    // characters of a path for its own.
    env: asRoot ? (/^[\w/.+~-]+$/.test(work) ? { TMPDIR: work } : {}) : { TMPDIR: folderForOtherIds(work) },
  });
  if (child.pid !== undefined) recordWorker(work, child.pid);
  child.all.on('data', (chunk: Buffer) => {
    const stage = /I: ([^\n]+)\n*$/.exec(chunk.toString())?.[1];
    if (stage !== undefined) task.update(stage.replace(/\.\.\.$/, ''));
  });
  if (within) await mapAllIds(child);
  const result = await child;
  interruptSignal.throwIfAborted();
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
      /apt cannot handle paths/,
      'apt, which fetches the packages, wants another path: name a folder without quotes in XDG_CACHE_HOME',
    ],
    [
      /newuidmap|subuid|subgid/,
      `give your user a range of ids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${process.env['USER'] ?? 'USER'}`,
    ],
  ];
  const fix = reasons.find(([pattern]) => pattern.test(output))?.[1];
  return new LabError(
    EXIT.machineCannot,
    `the Debian packages could not be put together:\n${lastLines(output)}`,
    {
      fix: fix ?? 'nothing was kept; run the same command again once the cause is gone',
    },
  );
}
