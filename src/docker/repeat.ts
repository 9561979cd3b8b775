import type { Agent } from 'node:http';
import type Docker from 'dockerode';

/** What comes to the same when it is done twice; what has been removed is not there the second time (404). */
const REPEATABLE = ['GET', 'HEAD', 'DELETE'];

/**
 * Makes a client ask once more, on a new connection, where the one that it used was closed before an answer came: one that
 * had been idle may have been, by an engine that was started anew or by a proxy before it. Only what may be done twice.
 * @param agent whose connections the client uses
 */
export function repeatCut(docker: Docker, agent: Agent): Docker {
  const { modem } = docker;
  const dial = modem.dial.bind(modem);
  modem.dial = (request, answered) => {
    // The library changes what it is given.
    const again = { ...request, ...(request.options && { options: { ...request.options } }) };
    dial(request, (error: NodeJS.ErrnoException | null, answer) => {
      if (!isCut(error) || !REPEATABLE.includes(again.method ?? '')) {
        answered?.(error, answer);
        return;
      }
      // The others that are idle have most likely been closed with it.
      for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
      dial(again, answered);
    });
  };
  return docker;
}

/** Whether there was a connection, and the other end has closed it. */
function isCut(error: NodeJS.ErrnoException | null): boolean {
  return error !== null && error.syscall !== 'connect' && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '');
}
