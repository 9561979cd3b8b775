import { createServer, type Socket } from 'node:net';
import { EXIT, LabError } from '../errors.ts';
import { serviceName } from '../plan/service-name.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Running } from '../runtime/runtime.ts';
import { noteActivity } from '../records/test.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import { joinStreams } from '../runtime/join-streams.ts';
import { pickClients, pickService } from '../lifecycle/pick.ts';

export interface ForwardRequest {
  /** Port of this host's loopback. */
  port: number;
  service: string | undefined;
  client: string | undefined;
  signal: AbortSignal;
}

export interface Forwarding {
  /** For a browser on this host. */
  url: string;
  service: PlannedService;
  client: string;
  /** Resolves when the signal came and every connection has ended. */
  ended: Promise<void>;
}

/**
 * Opens a service of a lab to programs of this host: each connection to a port of its loopback becomes one that a client
 * node makes to the VIP, through the director like any other.
 * @throws LabError badInput for a service over UDP; machineCannot where the port is taken
 */
export async function forward({ record, runtime }: RunningLab, request: ForwardRequest): Promise<Forwarding> {
  const { plan } = record;
  const service = pickService(plan, request.service);
  const [client = ''] = pickClients(plan, service, request.client);
  if (service.protocol !== 'tcp')
    throw new LabError(EXIT.badInput, `${serviceName(service)} is no service over TCP`, {
      fix: `ask it from a node: lab shell ${record.name}/${client}`,
    });
  const open = new Map<Socket, Running>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    noteActivity(record.name);
    const argv = ['nc', '-N', service.vip, String(service.port)];
    const running = runtime.start(client, argv, { stdio: ['pipe', 'pipe', 'ignore'] });
    open.set(socket, running);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    joinStreams(socket, running);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new LabError(
          EXIT.machineCannot,
          `cannot listen at 127.0.0.1 port ${request.port}: ${error.message}`,
          {
            cause: error,
            fix: `another port: lab forward ${record.name} PORT`,
          },
        ),
      );
    });
    server.listen(request.port, '127.0.0.1', resolve);
  });
  const ended = new Promise<void>((resolve) => {
    request.signal.addEventListener('abort', () => {
      for (const [socket, running] of open) {
        running.kill('SIGTERM');
        socket.destroy();
      }
      server.close(() => {
        resolve();
      });
    });
  });
  const { port } = server.address() as { port: number };
  const scheme = service.application === 'https' ? 'https' : 'http';
  return { url: `${scheme}://127.0.0.1:${port}/`, service, client, ended };
}
