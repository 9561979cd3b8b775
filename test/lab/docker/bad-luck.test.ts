import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BIN, leftOf, marked, user } from '../cli.ts';
import { plainTopology } from './plain.ts';
import { giveNodeImage, startEngine, type TestEngine } from './engine.ts';
import { slowSocket } from './slow-socket.ts';

describe('a lab on an engine that has bad luck', () => {
  const me = user('docker-bad-luck');
  let host: TestEngine;
  let file: string;
  const lab = (argv: string[], more: Record<string, string> = {}) =>
    me.lab(argv, { env: { ...me.env, DOCKER_HOST: host.url, ...more } });
  const UP = () => ['up', file, '--runtime', 'docker', '--machine', 'local'];
  const made = async () => (await host.everything()).filter((name) => name.includes('lvslab'));

  /** The lab comes up, works, and goes, by a client that is different in this. */
  async function works(more: Record<string, string>): Promise<void> {
    const up = await lab(UP(), more);
    expect(up.code, up.stderr).toBe(0);
    expect((await lab(['list'], more)).stdout).toMatch(/plain\s+up\s+3/);
    expect((await lab(['status', 'plain'], more)).stdout).toContain('10.85.1.254/24');
    const ping = await lab(['exec', 'h1', '--', 'ping', '-c1', '-W5', 'h2'], more);
    expect(ping.code, ping.stdout).toBe(0);
    expect((await lab(['exec', 'h1', '--', 'sh', '-c', 'exit 42'], more)).code).toBe(42);
    const down = await lab(['down', 'plain'], more);
    expect(down.code, down.stderr).toBe(0);
    expect(await made()).toEqual([]);
  }

  beforeAll(async () => {
    host = await startEngine('28');
    await giveNodeImage(host);
    file = join(host.folder, 'plain.yaml');
    writeFileSync(file, plainTopology(85));
  });
  afterEach(async () => {
    await lab(['down', '--all']);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });
  afterAll(async () => {
    await host.stop();
  });

  it('works where an answer takes 300 milliseconds', async () => {
    const slow = await slowSocket(join(host.folder, 'slow.sock'), join(host.folder, 'docker.sock'), 150);
    try {
      await works({ DOCKER_HOST: `unix://${join(host.folder, 'slow.sock')}` });
    } finally {
      slow.close();
    }
  });

  it.each([
    ['a day ahead of', '86_400_000'],
    ['a day behind', '-86_400_000'],
    ['set again and again, apart from', '(count += 1) % 2 * 3_600_000'],
  ])('works where the client’s clock is %s the engine’s', async (_, offset) => {
    const clock = join(host.folder, 'clock.mjs');
    writeFileSync(
      clock,
      `const { now } = Date; let count = 0; const wrong = () => now() + (${offset});
       globalThis.Date = class extends Date { constructor(...a) { if (a.length) super(...a); else super(wrong()); } static now() { return wrong(); } };`,
    );
    await works({ NODE_OPTIONS: `--import=${clock}` });
  });

  it.each([
    ['doctor', ['doctor'], 'SIGINT', 130],
    ['up', ['up', 'nat', '--runtime', 'docker', '--machine', 'local'], 'SIGTERM', 143],
  ] as const)(
    'is left with no container where %s is interrupted as it tries a node',
    async (_, argv, signal, code) => {
      const containers = async () => (await host.engine.docker.listContainers({ all: true })).length;
      for (const pause of [0, 300]) {
        const [program, ...rest] = marked(me.state, ['node', BIN, ...argv]);
        const running = execa(program, rest, { env: { ...me.env, DOCKER_HOST: host.url }, reject: false });
        await expect.poll(containers, { timeout: 60_000, interval: 5 }).toBe(1);
        await sleep(pause);
        const late = running.exitCode !== null || !running.kill(signal);
        const { exitCode, stderr } = await running;
        // After a pause it may have come to its end by itself, or be past the trial, where nothing of that is left either.
        if (pause === 0 || exitCode === code) {
          expect(late).toBe(false);
          expect(exitCode, stderr).toBe(code);
          const said = `error: interrupted by ${signal}`;
          expect(pause === 0 ? stderr : stderr.slice(-said.length)).toBe(said);
        }
        expect(await containers()).toBe(0);
      }
    },
  );

  it.each<[string, () => unknown, () => unknown]>([
    ['froze', () => process.kill(host.pid, 'SIGSTOP'), () => process.kill(host.pid, 'SIGCONT')],
    [
      'died',
      () => host.kill(),
      // It has lost its rules, but not what it was told to keep.
      async () => {
        host = await startEngine('28', [], undefined, host.folder);
      },
    ],
  ])(
    'says that the engine %s while it was tried whether the networks are sound, and has not forgotten the lab',
    async (_, strike, recover) => {
      // Nothing comes through, so the ends wait for each other.
      await host.onHost('/sbin/sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1');
      await host.onHost('iptables', '-I', 'DOCKER-USER', '-j', 'DROP');
      const [program, ...rest] = marked(me.state, ['node', BIN, ...UP()]);
      const running = execa(program, rest, { env: { ...me.env, DOCKER_HOST: host.url }, reject: false });
      await expect
        .poll(() => host.onHost('sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'), { timeout: 60_000 })
        .toContain('/usr/lib/lvslab/frame-probe ');
      await strike();
      const { exitCode, stderr } = await running;
      expect(exitCode, stderr).toBe(4);
      expect(stderr).toContain('lab plain: the Docker engine stopped answering');
      expect(stderr).toContain('lab down plain');
      expect((await lab(['list'])).stdout).toContain('plain');
      await recover();
      await host.onHost('iptables', '-F', 'DOCKER-USER');
      expect(await made()).not.toEqual([]);
      const down = await lab(['down', 'plain']);
      expect(down.code, down.stderr).toBe(0);
      expect(await made()).toEqual([]);
      expect((await lab(['list'])).stdout).not.toContain('plain');
      await works({});
    },
    // A frozen engine is asked twice whether it is there, by what is begun and by what takes it back.
    300_000,
  );
});
