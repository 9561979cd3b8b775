import { rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { user } from '../cli.ts';
import { startGuestEngine, type GuestEngine } from './guest-engine.ts';
import { slowSocket } from './slow-socket.ts';

describe('an engine with ip_vs that takes 300 milliseconds to answer', () => {
  const me = user('docker-far-away');
  let host: GuestEngine;
  let slow: Server;
  const lab = (...argv: string[]) =>
    me.lab(argv, { env: { ...me.env, DOCKER_HOST: `unix://${host.socket}.slow` } });

  beforeAll(async () => {
    host = await startGuestEngine();
    slow = await slowSocket(`${host.socket}.slow`, host.socket, 150);
  });
  afterAll(async () => {
    slow.close();
    rmSync(`${host.socket}.slow`, { force: true });
    await host.stop();
  });

  it('has a lab brought up, proved and taken down', async () => {
    const up = await lab('up', 'nat', '--runtime', 'docker', '--machine', 'local');
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).not.toContain('not answered');
    const test = await lab('test', 'nat');
    expect(test.code, test.stdout + test.stderr).toBe(0);
    const down = await lab('down', 'nat');
    expect(down.code, down.stderr).toBe(0);
    const { docker } = await host.connect();
    expect(await docker.listContainers({ all: true })).toEqual([]);
  });
});
