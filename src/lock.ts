import { hostCommand } from './host-command.ts';
import { EXIT, LabError } from './errors.ts';

export interface Lock {
  /** Returns when the lock file is no longer open. */
  release: () => Promise<void>;
}

/**
 * Holds a lock file until released. The kernel lets go of it when this process ends, however it ends: it is held by
 * a `cat` that ends with the pipe to it. A holder may delete the file: who waited then makes it anew.
 * @param onWait called once where somebody else holds it
 * @throws LabError machineCannot where the file cannot be made
 */
export async function hold(file: string, onWait: () => void = () => undefined): Promise<Lock> {
  const lock = await take(file, onWait);
  if (lock === undefined) throw new LabError(EXIT.machineCannot, `cannot lock ${file}`);
  return lock;
}

/** Holds a lock file if nobody else does; undefined where somebody does. */
export async function tryHold(file: string): Promise<Lock | undefined> {
  return take(file, undefined);
}

async function take(file: string, onWait: (() => void) | undefined): Promise<Lock | undefined> {
  const script = `
    umask 077
    folder=$(dirname "$1")
    # Whom it is for may be gone by now: then nothing is to be made.
    while kill -0 "$3" 2>/dev/null; do
      # A holder may remove the folders at this very moment. Without \`command\` a failed exec ends the shell.
      mkdir -p "$folder" 2>/dev/null || mkdir -p "$folder" || exit 1
      { command exec 9>"$1"; } 2>/dev/null || { [ -d "$folder" ] || continue; exec 9>"$1"; }
      flock -n 9 || { echo waiting; [ "$2" = wait ] && flock 9; } || exit 1
      [ "$1" -ef /proc/self/fd/9 ] && { echo locked; exec cat; }
    done`;
  const how = onWait === undefined ? 'try' : 'wait';
  const holder = hostCommand('sh', ['-c', script, 'lock', file, how, String(process.pid)], {
    stdin: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
  });
  let complaint = '';
  holder.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const held = await new Promise<boolean>((resolve, reject) => {
    holder.stdout.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      if (text.includes('waiting')) onWait?.();
      if (text.includes('locked')) resolve(true);
    });
    void holder.then(() => {
      if (onWait === undefined && complaint === '') resolve(false);
      reject(new LabError(EXIT.machineCannot, `cannot lock ${file}: ${complaint.trim()}`));
    });
  });
  if (!held) return undefined;
  return {
    release: async () => {
      holder.stdin.end();
      await holder;
    },
  };
}
