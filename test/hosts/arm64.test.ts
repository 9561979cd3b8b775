import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe } from 'vitest';
import { fromHere } from './from-here.ts';
import { Host } from './host.ts';
import { shortList } from './lists.ts';
import { DEBIAN_ARM64 } from './systems.ts';

describe(DEBIAN_ARM64.name, () => {
  let host: Host | undefined;
  let port = 0;
  const booted = () => {
    if (host === undefined) throw new Error('the machine has not booted');
    return host;
  };
  beforeAll(async () => {
    port = await freePort();
    host = await Host.boot(DEBIAN_ARM64, port);
  });
  afterAll(async () => {
    await host?.end();
  });
  shortList(booted);
  fromHere(booted, () => `tcp://127.0.0.1:${port}`);
});

/** A port of the loopback address that nothing listens at. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
