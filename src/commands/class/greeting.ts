import type { Socket } from 'node:net';

/** Longest first line of a client, in bytes (RFC 4253, 4.2). */
const LONGEST = 255;
const BEGINNING = 'SSH-';

/** What a client says before anybody answers it. */
export interface Greeting {
  /**
   * Resolves when its first line is there, or it has been silent for so long that it may wait for the other side's, as some
   * clients do; or when the connection has ended. What was read is in `taken` and no more in the connection.
   */
  heard: Promise<void>;
  /** Stops reading, and returns what was read. */
  taken: () => Buffer;
}

/**
 * Listens for the first line of a client, which says that it speaks ssh.
 * @param quiet milliseconds of silence after which nothing more is waited for
 * @param onSpoken called when the line is there, be that after `taken`
 * @param onFault called where what it says is no such line
 */
export function greetingOf(
  socket: Socket,
  quiet: number,
  onSpoken: () => void,
  onFault: (why: string) => void,
): Greeting {
  let line = '';
  let early: Buffer[] | undefined = [];
  let done: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => (done = resolve));
  const silent = setTimeout(() => {
    done();
  }, quiet);
  const listen = (bytes: Buffer) => {
    early?.push(bytes);
    line += bytes.toString('latin1', 0, LONGEST + 1);
    const end = line.indexOf('\n');
    const fault = !line.startsWith(BEGINNING.slice(0, line.length)) || (end < 0 && line.length > LONGEST);
    if (!fault && end < 0) return;
    socket.off('data', listen);
    // Whoever reads it next goes on from here.
    if (early !== undefined) socket.pause();
    if (fault) onFault('it speaks no ssh');
    else onSpoken();
    done();
  };
  socket.on('data', listen);
  socket.once('close', () => {
    done();
  });
  return {
    heard: heard.finally(() => {
      clearTimeout(silent);
    }),
    taken: () => {
      const taken = Buffer.concat(early ?? []);
      early = undefined;
      socket.pause();
      return taken;
    },
  };
}
