import type { Socket } from 'node:net';
import type { Running } from './runtime.ts';

/**
 * Makes a connection and a command's own streams one: bytes go both ways, the end of either is passed on, and who hangs up
 * ends the command.
 */
export function joinStreams(socket: Socket, running: Running): void {
  const { stdin, stdout } = running;
  if (stdin === null || stdout === null) throw new Error('a command without streams');
  // The end of the command, which comes next, says it all.
  stdin.on('error', () => undefined);
  stdout.on('error', () => socket.destroy());
  socket.pipe(stdin);
  stdout.pipe(socket);
  socket.once('close', () => running.kill('SIGTERM'));
  running.once('error', () => socket.destroy());
}
