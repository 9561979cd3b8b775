import type { Server } from 'node:net';
import { EXIT, LabError } from '../../errors.ts';

/** The first of the ports that is free. @throws LabError machineCannot where none is */
export async function listenAtOneOf(server: Server, address: string, ports: number[]): Promise<number> {
  for (const port of ports) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen({ host: address, port, exclusive: true }, () => {
        server.removeListener('error', resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) return port;
    if (error.code !== 'EADDRINUSE')
      throw new LabError(EXIT.machineCannot, `cannot listen at ${address} port ${port}: ${error.message}`, {
        cause: error,
        fix: 'name an address of this host, and a port from 1024: --listen ADDRESS --port NUMBER',
      });
  }
  throw new LabError(EXIT.machineCannot, `no port from ${ports[0] ?? '?'} on is free at ${address}`, {
    fix: 'name another one to begin with: --port NUMBER',
  });
}
