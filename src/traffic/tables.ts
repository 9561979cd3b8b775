import { EXIT, LabError, complained } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

const END = '-- end of table';

/** A director's table, to look at again and again. */
export interface OpenTable {
  /** `ipvsadm -Ln` and `ipvsadm -Ln --stats --exact`, one after the other; one look at a time. */
  look: () => Promise<string>;
  end: () => void;
}

/**
 * One command on the director for the whole time, which prints the table for each line that it gets: cheaper than a
 * command for each look, and when this process ends, however, it reads the end of its input and ends too.
 */
const LOOP = `while read -r _; do ipvsadm -Ln && ipvsadm -Ln --stats --exact && echo '${END}' || exit 1; done`;

/** Looks reject with a LabError where the director goes away. */
export function openTable(runtime: Runtime, director: string): OpenTable {
  const child = runtime.start(director, ['sh', '-c', LOOP], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let received = '';
  let said = '';
  let waiting: { resolve: (text: string) => void; reject: (error: Error) => void } | undefined;
  let gone: LabError | undefined;
  child.stdin?.on('error', () => undefined);
  child.stderr?.on('data', (chunk: Buffer) => (said = complained(said, chunk)));
  child.stdout?.on('data', (chunk: Buffer) => {
    received += chunk.toString();
    const at = received.indexOf(`${END}\n`);
    if (at < 0) return;
    waiting?.resolve(received.slice(0, at));
    waiting = undefined;
    received = received.slice(at + END.length + 1);
  });
  const ended = () => {
    gone = new LabError(
      EXIT.labFailed,
      `${director} does not answer any more${said === '' ? '' : `: ${said.trim()}`}`,
    );
    waiting?.reject(gone);
  };
  child.once('error', ended);
  child.once('close', ended);
  return {
    look: () =>
      new Promise((resolve, reject) => {
        if (gone !== undefined) reject(gone);
        waiting = { resolve, reject };
        child.stdin?.write('\n');
      }),
    end: () => {
      child.stdin?.end();
      child.kill();
    },
  };
}
