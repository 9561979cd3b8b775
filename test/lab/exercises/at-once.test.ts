import { execa } from 'execa';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BIN, leftOf, user } from '../cli.ts';

interface Report {
  exercises: { number: number; hints: unknown[]; tries: unknown[]; how?: string; score: number }[];
}

describe('commands of an exercise at the same time', () => {
  const me = user('exercises-at-once');
  const { lab, json } = me;
  const last = async () => (await json<Report>(['report', 'nat'])).exercises.at(-1);

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterEach(async () => {
    expect((await lab(['reset', 'nat'])).code).toBe(0);
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  it('hints that are asked for during a check count, and so does the check', async () => {
    expect((await lab(['break', 'nat', 'weight-zero'])).code).toBe(0);
    const check = lab(['check', 'nat']);
    const hints = await Promise.all([lab(['hint', 'nat']), lab(['hint', 'nat'])]);
    expect(hints.map(({ code }) => code)).toEqual([0, 0]);
    // Each got one of its own.
    expect(hints.map(({ stdout }) => /Hint (\d)/.exec(stdout)?.[1]).sort()).toEqual(['1', '2']);
    expect((await check).code).toBe(1);
    const { hints: counted, tries } = (await last()) ?? {};
    expect(counted).toHaveLength(2);
    expect(tries).toHaveLength(1);
  });

  it('a reset during a check forfeits, whatever the check finds', async () => {
    expect((await lab(['break', 'nat', 'weight-zero'])).code).toBe(0);
    const check = lab(['check', 'nat']);
    expect((await lab(['reset', 'nat'])).code).toBe(0);
    await check;
    expect(await last()).toMatchObject({ how: 'forfeited', score: 0 });
  });

  it('two that break make one exercise', async () => {
    const before = (await json<Report>(['report', 'nat'])).exercises.length;
    const both = await Promise.all([
      lab(['break', 'nat', 'weight-zero']),
      lab(['break', 'nat', 'wrong-scheduler']),
    ]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(both.find(({ code }) => code === 2)?.stderr).toMatch(/is (on|being set up)/);
    expect((await json<Report>(['report', 'nat'])).exercises).toHaveLength(before + 1);
  });

  it('one that was killed while it was set up gives no points, and a reset ends it', async () => {
    const before = (await json<Report>(['report', 'nat'])).exercises.length;
    for (let delay = 250; ; delay += 60) {
      const breaking = execa('node', [BIN, 'break', 'nat', 'weight-zero'], { env: me.env, reject: false });
      await sleep(delay);
      breaking.kill('SIGKILL');
      await breaking;
      const check = await lab(['check', 'nat']);
      const { exercises } = await json<Report>(['report', 'nat']);
      expect(exercises.at(-1)?.score ?? 0).toBe(0);
      const wasReady = exercises.length > before && !check.stderr.includes('being set up');
      expect((await lab(['reset', 'nat'])).code).toBe(0);
      expect((await lab(['status', 'nat'])).stdout).toContain('everything is as the plan says');
      // By then every instant has been tried.
      if (wasReady || delay > 3000) break;
    }
  });
});

describe('an exercise on a full disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-full-'));
  const small = join(folder, 'small');
  const me = user('exercises-full');
  const env = { ...me.env, LVSLAB_STATE: join(small, 'state') };
  const lab = (argv: string[]) => me.lab(argv, { env });

  beforeAll(async () => {
    mkdirSync(small);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    rmSync(join(small, 'filler'), { force: true });
    expect((await lab(['down', 'nat'])).code).toBe(0);
    await execa('umount', [small]);
    rmSync(folder, { recursive: true });
  });

  /** Leaves so many pages of 4 KiB free. */
  async function leave(pages: number): Promise<void> {
    rmSync(join(small, 'filler'), { force: true });
    const { stdout } = await execa('stat', ['-f', '-c', '%f', small]);
    writeFileSync(join(small, 'filler'), Buffer.alloc((Number(stdout) - pages) * 4096));
  }

  it.each([0, 1, 2, 3, 4, 6])('with %i pages left is on and broken, or neither', async (pages) => {
    await leave(pages);
    const broken = await lab(['break', 'nat', 'weight-zero']);
    rmSync(join(small, 'filler'));
    const { differences } = JSON.parse((await lab(['status', 'nat', '--json'])).stdout) as {
      differences: unknown[];
    };
    const hint = await lab(['hint', 'nat']);
    if (broken.code === 0) {
      expect(differences).toHaveLength(1);
      expect(hint.code).toBe(0);
    } else {
      expect(broken.code, broken.stderr).toBe(3);
      expect(broken.stderr).toMatch(/no space left/i);
      expect(broken.stderr).toContain('the disk is full');
      expect(differences).toEqual([]);
      expect(hint.stderr).toContain('no exercise is on');
    }
    expect((await lab(['reset', 'nat'])).code).toBe(0);
  });

  it('fail does nothing that it cannot write down, and a test has its result', async () => {
    await leave(0);
    const failed = await lab(['fail', 'rs1', 'web']);
    expect(failed.code).toBe(3);
    expect(failed.stderr).toContain('the disk is full');
    const test = await lab(['test', 'nat']);
    expect(test.code, test.stderr).toBe(0);
    expect(test.stdout).toContain('8 of 8 requests');
    expect((await lab(['exec', 'rs1', '--', 'true'])).code).toBe(0);
  });
});
