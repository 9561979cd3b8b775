import { createServer, type RequestListener } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import Docker from 'dockerode';
import { onTestFinished } from 'vitest';

/**
 * What an engine says in a state that none can be brought into here: a full disk, a registry out of reach, its own end in
 * the middle of a request. Spoken over a socket, to the client library that is used; it ends with the test.
 * @param attached gets the streams of a container that the client attaches itself to
 */
export async function failingEngine(
  answer: RequestListener,
  attached?: (socket: Duplex) => void,
): Promise<{ docker: Docker; url: string; end: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const server = createServer(answer);
  // As Docker's, which closes no connection that is idle.
  server.keepAliveTimeout = 0;
  const sockets = new Set<Duplex>();
  server.on('upgrade', (_, socket: Duplex) => {
    sockets.add(socket);
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    attached?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const end = () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  onTestFinished(end);
  return { docker: new Docker({ socketPath }), url: `unix://${socketPath}`, end };
}
