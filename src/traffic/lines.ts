import type { Runtime } from '../runtime/runtime.ts';

/** A command on a node whose lines are read as they come. */
export interface Following {
  /** Ends the command; the lines that it has written are read before. */
  end(): Promise<void>;
}

/** Ends its command when its own standard input ends: by `end`, and by the death of this process. */
const WHILE_READ = `exec 3<&0; "$@" </dev/null 3<&- & p=$!; while read -r _ <&3; do :; done; kill "$p" 2>/dev/null; exit 0`;

/** Longest line that is read, in characters; of a longer one, its end. No program of a lab writes one. */
const LONGEST = 64 * 1024;

/** Starts a command on a node and reads its lines, of both its streams. */
export function followLines(
  runtime: Runtime,
  node: string,
  argv: string[],
  onLine: (line: string) => void,
): Following {
  const child = runtime.start(node, ['sh', '-c', WHILE_READ, 'follow', ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\n');
      rest = (lines.pop() ?? '').slice(-LONGEST);
      lines.forEach(onLine);
    });
  }
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('close', () => {
      resolve();
    });
  });
  return {
    end: () => {
      child.stdin?.end();
      return ended;
    },
  };
}
