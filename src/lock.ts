import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { EXIT, LabError } from './errors.ts';
import { hostCommand } from './host-command.ts';

/** What a lock file says, so that a folder with nothing else in it yet can be told to be ours. */
export const LOCK_TEXT = 'lvslab';

export interface Lock {
  /** Returns when the lock file is no longer open. */
  release: () => Promise<void>;
}

/** What to do about a lock. */
export interface LockOptions {
  /** Called once where somebody else holds it. */
  onWait?: () => void;
  /** Makes the folder of the lock file, or refuses to; a holder may remove it, so it can be called again. */
  makeFolder?: () => void;
}

/**
 * Holds a lock file until released. The kernel lets go of it when this process ends, however it ends: it is held by
 * a `cat` that ends with the pipe to it. A holder may delete the file: who waited then makes it anew.
 * @throws LabError machineCannot where the file cannot be made; whatever `makeFolder` throws
 */
export async function hold(file: string, options: LockOptions = {}): Promise<Lock> {
  let said = false;
  const onWait = () => {
    if (!said) options.onWait?.();
    said = true;
  };
  const lock = await take(file, { ...options, onWait });
  if (lock === undefined) throw new LabError(EXIT.machineCannot, `cannot lock ${file}`);
  return lock;
}

/** Holds a lock file if nobody else does; undefined where somebody does. */
export async function tryHold(
  file: string,
  options: Omit<LockOptions, 'onWait'> = {},
): Promise<Lock | undefined> {
  return take(file, options);
}

/** `gone`: the folder of the file was removed, as where its lab was taken down while this waited. */
type Taken = { release: () => Promise<void> } | 'refused' | 'gone';

async function take(file: string, options: LockOptions): Promise<Lock | undefined> {
  const makeFolder = options.makeFolder ?? (() => mkdirSync(dirname(file), { recursive: true, mode: 0o700 }));
  for (;;) {
    try {
      makeFolder();
    } catch (error) {
      if (error instanceof LabError || !isObstacle(error)) throw error;
      throw cannotLock(file, (error as Error).message);
    }
    const taken = await takeOnce(file, options.onWait);
    if (taken === 'refused') return undefined;
    if (taken !== 'gone') return taken;
  }
}

function cannotLock(file: string, reason: string): LabError {
  return new LabError(EXIT.machineCannot, `cannot lock ${file}: ${reason}`, {
    mend: 'name a folder that you may write to: LVSLAB_STATE for labs, XDG_CACHE_HOME for what is kept for next time',
  });
}

/** What is in the way of a folder; a full disk and the like are told with a hint of their own. */
function isObstacle(error: unknown): boolean {
  return ['EEXIST', 'ENOTDIR', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function takeOnce(file: string, onWait: (() => void) | undefined): Promise<Taken> {
  const script = `
    umask 077
    # Whom it is for may be gone by now: then nothing is to be made.
    while kill -0 "$3" 2>/dev/null; do
      # Appending, since nothing that is there is to be emptied. Without \`command\` a failed exec ends the shell.
      { command exec 9>>"$1"; } 2>/dev/null || {
        [ -d "\${1%/*}" ] || { echo gone; exit; }
        exec 9>>"$1"
      }
      flock -n 9 || { echo waiting; [ "$2" = wait ] && flock 9; } || exit 1
      [ "$1" -ef /proc/self/fd/9 ] && { [ -s "$1" ] || printf %s "$4" >&9; echo locked; exec cat; }
    done`;
  const how = onWait === undefined ? 'try' : 'wait';
  const holder = hostCommand('sh', ['-c', script, 'lock', file, how, String(process.pid), LOCK_TEXT], {
    stdin: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
  });
  let complaint = '';
  holder.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const said = await new Promise<'locked' | 'refused' | 'gone'>((resolve, reject) => {
    holder.stdout.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      if (text.includes('waiting')) onWait?.();
      if (text.includes('locked')) resolve('locked');
      if (text.includes('gone')) resolve('gone');
    });
    void holder.then(() => {
      if (onWait === undefined && complaint === '') resolve('refused');
      reject(cannotLock(file, complaint.trim()));
    });
  });
  if (said !== 'locked') return said;
  return {
    release: async () => {
      holder.stdin.end();
      await holder;
    },
  };
}
