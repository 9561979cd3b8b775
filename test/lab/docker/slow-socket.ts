import { createServer, connect, type Server, type Socket } from 'node:net';

/** A socket that leads to another one, with a delay each way. @param delay milliseconds */
export async function slowSocket(path: string, to: string, delay: number): Promise<Server> {
  const pass = (from: Socket, into: Socket) => {
    from.on('data', (chunk) => setTimeout(() => into.write(chunk), delay));
    from.once('end', () => setTimeout(() => into.end(), delay));
    from.once('error', () => into.destroy());
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: to, allowHalfOpen: true });
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
