import { execa } from 'execa';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { BIN, leftOf, marked, nothingLeft, traces, user } from './cli.ts';
import { Steps } from './steps.ts';

/** Instants in milliseconds after the start, spread over a whole `up`; more with LVSLAB_KILLS. */
function instants(seed: number, limit: number): number[] {
  let state = seed;
  return Array.from({ length: Number(process.env['LVSLAB_KILLS'] ?? 8) }, (_, index, all = 8) => {
    // A linear congruential generator (Numerical Recipes) is random enough, and the same in every run.
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return Math.floor(((index + state / 2 ** 32) * limit) / Number(process.env['LVSLAB_KILLS'] ?? all));
  });
}

const plain =
  'lvslab: 1\nname: plain\nnetworks: { net: 10.0.0.0/24 }\nnodes: { h: { role: client, on: net, count: 6 } }\n';

describe('whatever happens to `up`', () => {
  const me = user('crash');
  const { lab } = me;
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-plain-'));
  const file = join(folder, 'plain.yaml');
  writeFileSync(file, plain);
  const local = [file, '--machine', 'local'];

  const start = (topology: string[], env: Record<string, string> = {}) => {
    const [program, ...rest] = marked(me.state, ['node', BIN, 'up', ...topology]);
    return execa(program, rest, { env: { ...me.env, ...env }, reject: false, cleanup: false });
  };

  /** Waits until an `up` has come as far as to make this file below the state directory. */
  async function reached(up: ReturnType<typeof start>, path: string): Promise<void> {
    while (!existsSync(join(me.state, path))) {
      // Else whoever waits for a file that never comes does so for minutes.
      expect(up.exitCode, `it ended without ${path}`).toBeNull();
      await sleep(5);
    }
  }

  const loopDevices = async () => (await execa('losetup', ['-a'])).stdout.split('\n').length;

  afterEach(async () => {
    await lab(['down', '--all']);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(instants(1, 2500))('killed after %i ms: down leaves nothing', async (instant) => {
    const up = start(['nat']);
    await sleep(instant);
    up.kill('SIGKILL');
    await up;
    const down = await lab(['down']);
    expect(down.code, down.stderr).toBe(0);
    await nothingLeft(me.state);
  });

  it.each(instants(2, 600))('a local lab killed after %i ms: down leaves nothing', async (instant) => {
    const before = await loopDevices();
    const up = start(local);
    await sleep(instant);
    up.kill('SIGKILL');
    await up;
    expect((await lab(['down'])).code).toBe(0);
    await nothingLeft(me.state);
    await expect.poll(loopDevices, { timeout: 5000 }).toBe(before);
  });

  it.each([
    ['nat', ['nat'], 0],
    ['a local lab', local, 0.4],
  ])(
    'killed as it starts its first, second … last program: down leaves nothing of %s',
    async (_, lab, late) => {
      const steps = new Steps(join(folder, `steps-${late}`), late);
      for (let step = 1, done = false; !done; step += 1) {
        const up = start(lab, { PATH: `${steps.programs}:${process.env['PATH'] ?? ''}` });
        steps.killAt(step, up.pid ?? 0);
        done = (await up).exitCode === 0;
        steps.killAt(0, 0);
        const down = await me.lab(['down']);
        expect(down.code, `${steps.log()}\n${down.stderr}`).toBe(0);
        await nothingLeft(me.state);
        if (done) expect(step).toBeGreaterThan(4);
      }
    },
  );

  it.each([
    ['SIGINT', 130, ['nat'], 'nat/lock'],
    ['SIGTERM', 143, ['nat'], 'nat/boot.sh'],
    ['SIGINT', 130, ['nat'], 'nat/holder'],
    ['SIGTERM', 143, ['nat'], 'nat/ctl'],
    ['SIGINT', 130, local, 'plain/nodes/pids/h1'],
    ['SIGTERM', 143, local, 'plain/nodes/pids/h2'],
    ['SIGINT', 130, local, 'plain/nodes/pids/h2'],
    ['SIGINT', 130, local, 'plain/nodes/pids/h3'],
    ['SIGTERM', 143, local, 'plain/lab.json'],
  ] as const)(
    '%s gives exit code %i and all is cleaned up, for %j once there is %s',
    async (signal, code, lab, path) => {
      const up = start([...lab]);
      await reached(up, path);
      up.kill(signal);
      expect((await up).exitCode).toBe(code);
      await nothingLeft(me.state);
    },
  );

  it('a second up after a killed one works without down', async () => {
    const up = start(['nat']);
    await reached(up, 'nat/ctl');
    up.kill('SIGKILL');
    await up;
    const again = await lab(['up', 'nat']);
    expect(again.code, again.stderr).toBe(0);
    expect((await lab(['exec', 'client', '--', 'curl', '-s', 'http://vip/'])).stdout).toMatch(/^rs[12]$/);
  });

  it('two at once are one lab', async () => {
    const both = await Promise.all([start(['nat']), start(['nat'])]);
    expect(both.map((up) => up.exitCode)).toEqual([0, 0]);
    expect(both.filter((up) => up.stdout.includes('is up already'))).toHaveLength(1);
  });

  it('down while it runs leaves nothing', async () => {
    const up = start(['nat']);
    await reached(up, 'nat/holder');
    const down = await lab(['down', 'nat']);
    expect(down.code).toBe(0);
    expect((await up).exitCode).toBe(0);
    await nothingLeft(me.state);
  });

  it('a lab whose kernel died says so, and comes up again', async () => {
    expect((await lab(['up', 'nat'])).code).toBe(0);
    process.kill(Number(readFileSync(join(me.state, 'nat', 'holder'), 'utf8').split(' ')[0]), 'SIGKILL');
    await sleep(200);
    const exec = await lab(['exec', 'rs1', '--', 'true']);
    expect(exec.code).toBe(125);
    expect(exec.stderr).toContain('lab nat has died');
    expect((await lab(['list'])).stdout).toMatch(/nat\s+dead/);
    const status = await lab(['status', 'nat']);
    expect(status.code).toBe(4);
    expect(status.stderr).toContain('lab nat has died');
    expect((await lab(['up', 'nat'])).code).toBe(0);
  });

  /** In an empty cache there is no kernel that was made for labs. */
  const EMPTY = { LVSLAB_KERNEL: 'debian' };

  it('packages that cannot be fetched are said, and nothing half-built stays', async () => {
    const cache = join(folder, 'cache');
    const up = await lab(['up', 'nat'], {
      env: { ...me.env, ...EMPTY, XDG_CACHE_HOME: cache, LVSLAB_MIRROR: 'http://127.0.0.1:9/debian' },
    });
    expect(up.code).toBe(3);
    expect(up.stderr).toContain('LVSLAB_MIRROR');
    expect(readdirSync(join(cache, 'lvslab')).filter((name) => name !== 'build.lock')).toEqual([]);
    await nothingLeft(me.state);
  });

  it('a killed build of the root is no root, and its processes end', async () => {
    const cache = join(folder, 'killed');
    const up = start(['nat'], { ...EMPTY, XDG_CACHE_HOME: cache });
    const building = () =>
      existsSync(join(cache, 'lvslab')) &&
      readdirSync(join(cache, 'lvslab')).some((name) => name.startsWith('building-'));
    while (!building()) await sleep(20);
    await sleep(2000);
    up.kill('SIGKILL');
    await up;
    expect((await leftOf(me.state)).processes).toEqual([]);
    // What a build left is no business of the labs.
    const env = { ...me.env, XDG_CACHE_HOME: cache };
    const left = readdirSync(join(cache, 'lvslab'));
    expect((await lab(['down', '--all'], { env })).code).toBe(0);
    expect(readdirSync(join(cache, 'lvslab'))).toEqual(left);
    expect((await lab(['cache', 'prune'], { env })).code).toBe(0);
    expect(readdirSync(join(cache, 'lvslab')).filter((name) => name !== 'build.lock')).toEqual([]);
    expect(traces(cache)).toEqual({ processes: [], mounts: [] });
  });

  // At 4 KiB the first of the records has no room, at 20 the last, when the kernel runs.
  it.each([4, 20])('a full disk of %i KiB is said, and nothing holds it any more', async (size) => {
    const small = join(folder, 'small');
    mkdirSync(small);
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', small]);
    const up = await lab(['up', 'nat'], { env: { ...me.env, LVSLAB_STATE: join(small, 'state') } });
    const unmounted = await execa('umount', [small], { reject: false });
    if (unmounted.failed) await execa('umount', ['-l', small]);
    expect(up.stderr).toMatch(/no space left/i);
    expect(up.code).toBe(3);
    expect(unmounted.stderr).toBe('');
    await nothingLeft(me.state);
    rmSync(small, { recursive: true });
  });
});
