import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOf, user } from '../cli.ts';
import { plainTopology } from './plain.ts';
import { giveNodeImage, startEngine, type TestEngine } from './engine.ts';

const DENIED = 'denies ip_vs to an engine without root (rootless), whatever modules it has';
const FIX = 'use an engine that root runs';

describe('an engine that an ordinary user runs', () => {
  const me = user('docker-rootless');
  let host: TestEngine;
  const lab = (...argv: string[]) => me.lab(argv, { env: { ...me.env, DOCKER_HOST: host.url } });
  const made = async () => (await host.everything()).filter((name) => !/^(bridge|host|none)$/.test(name));

  beforeAll(async () => {
    host = await startEngine('rootless');
    await giveNodeImage(host);
  });
  afterAll(async () => {
    await host.stop();
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  it.each([
    ['doctor', ['doctor']],
    ['doctor --fix', ['doctor', '--fix']],
    ['up', ['up', 'nat', '--machine', 'local', '--runtime', 'docker']],
  ])('has no ip_vs, which %s says', async (_, argv) => {
    const { code, stdout, stderr } = await lab(...argv);
    expect(stdout + stderr).toContain(DENIED);
    expect(stdout + stderr).toContain(FIX);
    if (argv[0] === 'up') expect(code).toBe(3);
    expect(await made()).toEqual([]);
  });

  it('has labs without a virtual service', async () => {
    const file = join(host.folder, 'plain.yaml');
    writeFileSync(file, plainTopology(85));
    const up = await lab('up', file, '--machine', 'local', '--runtime', 'docker');
    expect(up.code, up.stderr).toBe(0);
    const ping = await lab('exec', 'h1', '--', 'ping', '-c1', '-W5', 'h2');
    expect(ping.code, ping.stdout).toBe(0);
    expect((await lab('status', 'plain')).stdout).toContain('everything is as the plan says');
    const down = await lab('down', 'plain');
    expect(down.code, down.stderr).toBe(0);
    expect(await made()).toEqual([]);
  });
});
