import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { end, endTree, isAlive, readIdentity, startTime } from '../../../src/machine/processes.ts';

const children: ChildProcess[] = [];

function start(program: string, ...args: string[]): { pid: number; child: ChildProcess } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  if (child.pid === undefined) throw new Error(`${program} did not start`);
  return { pid: child.pid, child };
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** Clock ticks since boot: USER_HZ is 100 on every architecture that the tool runs on. */
function now(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100;
}

describe('a living process', () => {
  it('has a start time that stays', () => {
    const before = now();
    const { pid } = start('sleep', '60');
    const time = startTime(pid);
    expect(Number(time)).toBeGreaterThanOrEqual(before - 2);
    expect(Number(time)).toBeLessThanOrEqual(now() + 2);
    expect(startTime(pid)).toBe(time);
  });

  it('is known by it, whatever its name looks like', () => {
    const odd = join(mkdtempSync(join(tmpdir(), 'lvslab-odd-')), 'a) Z (b');
    copyFileSync('/bin/sleep', odd);
    const before = now();
    const { pid } = start(odd, '60');
    rmSync(join(odd, '..'), { recursive: true });
    expect(Number(startTime(pid))).toBeGreaterThanOrEqual(before - 2);
  });

  it('is alive, and a process of another start time with its number is not', () => {
    const { pid } = start('sleep', '60');
    const recorded = startTime(pid) ?? '';
    expect(isAlive({ pid, startTime: recorded })).toBe(true);
    expect(isAlive({ pid, startTime: `${Number(recorded) - 1}` })).toBe(false);
  });
});

describe('a process that is gone', () => {
  it('has no start time', async () => {
    const { pid, child } = start('true');
    await once(child, 'exit');
    expect(startTime(pid)).toBeUndefined();
    expect(isAlive({ pid, startTime: '1' })).toBe(false);
  });

  it('counts as gone while nobody has waited for it', async () => {
    // The program that takes the shell's place does not know of the child, and never waits for it.
    const { child } = start('sh', '-c', 'sleep 0.05 & echo $!; exec sleep 60');
    const [said] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    const pid = Number(said.toString());
    const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
    await expect.poll(state, { interval: 10 }).toBe('Z');
    expect(startTime(pid)).toBeUndefined();
  });
});

describe('ending', () => {
  it('kills the process, and returns when it is gone', async () => {
    const { pid, child } = start('sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done');
    await once(child.stdout ?? child, 'data');
    await end({ pid, startTime: startTime(pid) ?? '' });
    expect(startTime(pid)).toBeUndefined();
  });

  it('takes what the process started with it, where that is asked for', async () => {
    const line = 'sh -c "echo \\$\\$; sleep 60 & echo \\$!; wait" & wait';
    const started = async () => {
      const { pid, child } = start('sh', '-c', line);
      let said = '';
      while (said.split('\n').length < 3) said += String((await once(child.stdout ?? child, 'data'))[0]);
      return {
        identity: { pid, startTime: startTime(pid) ?? '' },
        below: said.trim().split('\n').map(Number),
      };
    };
    const alone = await started();
    await end(alone.identity);
    expect(alone.below.map(startTime)).toEqual([expect.any(String), expect.any(String)]);
    for (const pid of alone.below) await end({ pid, startTime: startTime(pid) ?? '' });

    const whole = await started();
    await endTree(whole.identity);
    expect(whole.below.map(startTime)).toEqual([undefined, undefined]);
  });

  it.each([end, endTree])('leaves a later process with the same number alone: %o', async (ending) => {
    const { pid } = start('sleep', '60');
    await ending({ pid, startTime: '1' });
    expect(startTime(pid)).toMatch(/^\d+$/);
  });
});

describe('a recorded identity', () => {
  const read = (content: string) => {
    const file = join(mkdtempSync(join(tmpdir(), 'lvslab-identity-')), 'pid');
    writeFileSync(file, content);
    const identity = readIdentity(file);
    rmSync(join(file, '..'), { recursive: true });
    return identity;
  };

  it('is a number and a start time', () => {
    expect(read('4711 123456\n')).toEqual({ pid: 4711, startTime: '123456' });
  });

  it.each(['', '\n', '4711', '4711 \n'])('is missing where the file holds %j', (content) => {
    expect(read(content)).toBeUndefined();
  });

  it('is missing where there is no file', () => {
    expect(readIdentity('/nonexistent/pid')).toBeUndefined();
  });
});
