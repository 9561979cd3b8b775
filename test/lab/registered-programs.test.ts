import { execa } from 'execa';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { register } from '../../src/machine/embedded/emulation.ts';
import { asNamespaceRoot, mapAllIds } from '../../src/machine/embedded/user-namespace.ts';

const REGISTRY = '/proc/sys/fs/binfmt_misc';

it('what runs programs of another processor is registered for a build alone, as root of all ids', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-registered-'));
  const before = readdirSync(REGISTRY);
  try {
    // The beginning of an arm64 program is all that the kernel looks at; echo stands for what would run it.
    const header = Buffer.alloc(64);
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(header);
    header.writeUInt16LE(3, 16);
    header.writeUInt16LE(183, 18);
    const program = join(folder, 'program');
    writeFileSync(program, header, { mode: 0o755 });
    const script = `${register('arm64', '/bin/echo')} && ${program} argument && cat /proc/self/uid_map`;
    const argv = asNamespaceRoot(['unshare', '--mount', '--', 'sh', '-c', script]);
    const [first = '', ...rest] = argv;
    const child = execa(first, rest, { stdin: 'pipe', reject: false });
    await mapAllIds(child);
    const { exitCode, stdout, stderr } = await child;
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(`${program} argument`);
    const all = await execa('cat', ['/proc/self/uid_map']);
    expect(stdout.split('\n').at(-1)?.trim().split(/ +/).at(-1)).toBe(all.stdout.trim().split(/ +/).at(-1));
    const outside = await execa(program, { reject: false });
    expect(outside.exitCode).not.toBe(0);
    expect(readdirSync(REGISTRY)).toEqual(before);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('all that a build has started there ends with it', async () => {
  const running = async () => {
    const { stdout } = await execa('ps', ['-eo', 'args=']);
    return stdout
      .split('\n')
      .filter((args) => /^sleep 519\d$/.test(args))
      .sort();
  };
  const script = 'setsid sleep 5191 & trap "" TERM; sleep 5192 & wait';
  const [first = '', ...rest] = asNamespaceRoot(['sh', '-c', script]);
  const child = execa(first, rest, { stdin: 'pipe', reject: false });
  await mapAllIds(child);
  await expect.poll(running, { timeout: 20_000 }).toEqual(['sleep 5191', 'sleep 5192']);
  child.kill('SIGKILL');
  await child;
  await expect.poll(running, { timeout: 20_000 }).toEqual([]);
});
