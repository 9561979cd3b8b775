import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { down } from '../../../src/commands/down.ts';
import { bootstrap } from '../../../src/machine/embedded/bootstrap.ts';
import {
  buildAlone,
  clearUnfinished,
  mountsBelow,
  recordWorker,
} from '../../../src/machine/embedded/builds.ts';
import { createProgress } from '../../../src/terminal/progress.ts';

let top: string;
let cache: string;
let left: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'lvslab builds-'));
  cache = join(top, 'lvslab');
  left = join(cache, 'building-root-old');
  vi.stubEnv('XDG_CACHE_HOME', top);
  vi.stubEnv('LVSLAB_STATE', join(top, 'state'));
  vi.stubEnv('DOCKER_HOST', `unix://${top}/none`);
  mkdirSync(join(left, 'root', 'sys'), { recursive: true });
  writeFileSync(join(left, 'root', 'half'), 'x');
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const mount of mountsBelow(top)) execFileSync('umount', [mount]);
  rmSync(top, { recursive: true });
});

const progress = createProgress(process.stderr, { quiet: true });

/** As a killed bootstrap leaves it: somebody else's files, mounted below the folder, one in the other. */
function leaveMounts(): string {
  const elsewhere = join(top, 'elsewhere');
  mkdirSync(join(elsewhere, 'deep'), { recursive: true });
  writeFileSync(join(elsewhere, 'papers'), 'mine');
  execFileSync('mount', ['--bind', elsewhere, join(left, 'root', 'sys')]);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(left, 'root', 'sys', 'deep')]);
  return elsewhere;
}

describe.skipIf(process.getuid?.() !== 0)('what a killed build left mounted', () => {
  it('is no business of down, which neither touches it nor fails by it', async () => {
    const elsewhere = leaveMounts();
    await expect(down(undefined, { all: true, forget: false }, progress)).resolves.toEqual([]);
    expect(mountsBelow(left)).toHaveLength(2);
    expect(existsSync(join(left, 'root', 'half'))).toBe(true);
    expect(readFileSync(join(elsewhere, 'papers'), 'utf8')).toBe('mine');
  });

  it('is undone by the next build, of whatever it is, which removes the folder and nothing that was mounted', async () => {
    const elsewhere = leaveMounts();
    const seen = await buildAlone(
      'another',
      () => undefined,
      (folder) => {
        writeFileSync(join(folder, 'made'), 'x');
        return Promise.resolve(readdirSync(cache).sort());
      },
    );
    expect(seen).toEqual(['build.lock', 'building-another']);
    expect(mountsBelow(cache)).toEqual([]);
    expect(readdirSync(cache)).toEqual(['build.lock']);
    expect(readFileSync(join(elsewhere, 'papers'), 'utf8')).toBe('mine');
  });

  it('is undone where something still works in it', async () => {
    leaveMounts();
    const worker = spawn('sleep', ['60'], { cwd: join(left, 'root', 'sys', 'deep') });
    try {
      await clearUnfinished();
      expect(mountsBelow(cache)).toEqual([]);
      expect(readdirSync(cache)).toEqual(['build.lock']);
    } finally {
      worker.kill();
      await once(worker, 'exit');
    }
  });

  it('that cannot be undone is said, and nothing below it is removed', async () => {
    const elsewhere = leaveMounts();
    // A umount that does nothing, as where this user has no right to it.
    const programs = join(top, 'programs');
    mkdirSync(programs);
    writeFileSync(join(programs, 'umount'), '#!/bin/sh\nexit 32\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${programs}:${process.env['PATH'] ?? ''}`);
    await expect(clearUnfinished()).rejects.toMatchObject({
      message: `a build that was killed left file systems mounted in ${left}`,
      fix: expect.stringContaining(join(left, 'root', 'sys', 'deep')) as string,
    });
    expect(readFileSync(join(elsewhere, 'papers'), 'utf8')).toBe('mine');
    expect(existsSync(join(left, 'root', 'half'))).toBe(true);
    vi.stubEnv('PATH', process.env['PATH']?.split(':').slice(1).join(':'));
  });
});

describe('a program of a killed build that is still at work', () => {
  /** One that ends by itself after so many seconds, and writes into the folder as it does. */
  async function atWork(seconds: string) {
    const script = `echo begun; sleep ${seconds}; mkdir -p "$1/root/late" && echo x >"$1/root/late/file"`;
    const worker = spawn('sh', ['-c', script, 'sh', left], { stdio: ['ignore', 'pipe', 'ignore'] });
    const over = once(worker, 'exit');
    await once(worker.stdout, 'data');
    recordWorker(left, worker.pid ?? 0);
    return { worker, over };
  }

  it('is waited for before its folder is removed', async () => {
    const { worker, over } = await atWork('0.5');
    await clearUnfinished();
    expect(worker.exitCode ?? (await over)[0]).toBe(0);
    expect(readdirSync(cache)).toEqual(['build.lock']);
  });

  it('is waited for by the next build of the same, which has the folder for itself', async () => {
    await atWork('0.5');
    const seen = await buildAlone(
      'root-old',
      () => undefined,
      async (folder) => {
        expect(folder).toBe(left);
        await sleep(700);
        return readdirSync(folder);
      },
    );
    expect(seen).toEqual([]);
  });

  it('is ended where it does not end', async () => {
    const { over } = await atWork('6171');
    await clearUnfinished(50);
    expect(await over).toEqual([null, 'SIGKILL']);
    expect(readdirSync(cache)).toEqual(['build.lock']);
  });

  it('is written down while packages are put together', async () => {
    const programs = join(top, 'programs');
    mkdirSync(programs);
    const fake = '#!/bin/sh\nwhile ! [ -s "$1" ]; do sleep 0.05; done; echo $$; cat "$1"; exit 1\n';
    writeFileSync(join(programs, 'mmdebstrap'), fake, { mode: 0o755 });
    vi.stubEnv('PATH', `${programs}:${process.env['PATH'] ?? ''}`);
    const task = progress.start('packages', '');
    const place = { work: left, output: join(left, 'none') };
    const said = await bootstrap([join(left, 'worker')], place, task, progress).catch(String);
    expect(said).toMatch(/\n(\d+)\n\1 \d+/);
  });
});

describe('a build', () => {
  it('that is at work is not cleared away', async () => {
    await buildAlone(
      'mine',
      () => undefined,
      async (folder) => {
        await clearUnfinished();
        expect(existsSync(folder)).toBe(true);
      },
    );
    expect(readdirSync(cache)).toEqual(['build.lock']);
  });
});
