import { hostCommands } from '../command.ts';
import { LOCK_TEXT, cannotLock, type Taken } from './taken.ts';

/** Exit code where the programs or the files of the system that this takes are not there. */
const ABSENT = 9;

const SCRIPT = `
    umask 077
    for p in flock cat; do command -v $p >/dev/null || exit ${ABSENT}; done
    [ -e /proc/self/fd ] || exit ${ABSENT}
    # Whom it is for may be gone by now, or go while it waits: then nothing is to be made, and nobody is to wait.
    while kill -0 "$3" 2>/dev/null; do
      # Appending, since nothing that is there is to be emptied. Without \`command\` a failed exec ends the shell.
      { command exec 9>>"$1"; } 2>/dev/null || {
        [ -d "\${1%/*}" ] || { echo gone; exit; }
        exec 9>>"$1"
      }
      flock -n 9 || {
        echo waiting
        [ "$2" = wait ] || exit 1
        # BusyBox's knows no -w.
        flock -w 1 9 2>/dev/null || { sleep 0.1; continue; }
      }
      [ "$1" -ef /proc/self/fd/9 ] && { [ -s "$1" ] || printf %s "$4" >&9; echo locked; exec cat; }
    done`;

/**
 * Takes a lock by flock(2), which on Linux takes a program: it is held by a `cat` that ends with the pipe to it.
 * @returns undefined where there is no such program here
 */
export async function takeByProgram(
  file: string,
  onWait: (() => void) | undefined,
): Promise<Taken | undefined> {
  const how = onWait === undefined ? 'try' : 'wait';
  const { run } = await hostCommands();
  const holder = run('sh', ['-c', SCRIPT, 'lock', file, how, String(process.pid), LOCK_TEXT], {
    stdin: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
  });
  let complaint = '';
  holder.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const said = await new Promise<'locked' | 'refused' | 'gone' | undefined>((resolve, reject) => {
    holder.stdout.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      if (text.includes('waiting')) onWait?.();
      if (text.includes('locked')) resolve('locked');
      if (text.includes('gone')) resolve('gone');
    });
    void holder.then(({ code, exitCode }) => {
      if (code === 'ENOENT' || exitCode === ABSENT) resolve(undefined);
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
