import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LabError } from '../../../src/errors.ts';
import { namesIn } from '../../../src/host/files.ts';
import { hold, tryHold } from '../../../src/host/lock.ts';

/** Says what becomes of its lock, a line each, and lets go of it when told. */
const HOLDER = `
import { hold, tryHold } from './src/host/lock.ts';
const [how, file] = process.argv.slice(2);
const lock = how === 'try' ? await tryHold(file) : await hold(file, { onWait: () => console.log('waiting') });
console.log(lock === undefined ? 'refused' : 'held');
process.stdin.on('data', () => { void lock?.release(); process.stdin.destroy(); });
if (lock === undefined) process.exit();`;

let folder = '';
let file = '';

/** The processes that have a file open. */
function whoHasOpen(path: string): string[] {
  return namesIn('/proc').filter((pid) =>
    namesIn(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === path;
      } catch {
        return false;
      }
    }),
  );
}
const processes: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lvslab-lock-'));
  await build({
    stdin: {
      contents: HOLDER,
      resolveDir: fileURLToPath(new URL('../../..', import.meta.url)),
      loader: 'ts',
    },
    outfile: join(folder, 'holder.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});

afterEach(async () => {
  for (const child of processes.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(join(folder, 'locks'), { recursive: true, force: true });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Another process that holds, or waits for, the lock. */
function other(how: 'hold' | 'try', path = file) {
  const child = spawn(process.execPath, [join(folder, 'holder.mjs'), how, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  processes.push(child);
  const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  return {
    child,
    said: async () => (await lines.next()).value ?? 'ended',
    release: () => child.stdin.write('\n'),
  };
}

const path = process.env['PATH'];

/** Where a lock's programs are looked for: in the second place none is, as on systems that have none. */
describe.each([
  ['a lock', path],
  ['a lock without a program', join(tmpdir(), 'nowhere')],
])('%s', (_, programs) => {
  beforeAll(() => {
    process.env['PATH'] = programs;
  });
  afterAll(() => {
    process.env['PATH'] = path;
  });
  let number = 0;
  const fresh = () => (file = join(folder, 'locks', `${number++}`, 'lock'));

  it('makes its file and folder, and is free again after its release', async () => {
    fresh();
    const first = await hold(file);
    expect(existsSync(file)).toBe(true);
    // Nobody else can take it, and so keep its owner waiting.
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    await first.release();
    const second = await hold(file);
    await second.release();
  });

  it('has its file open nowhere once it is released', async () => {
    fresh();
    const lock = await hold(file);
    // Without the program it is not the open file that is locked.
    expect(whoHasOpen(file)).toHaveLength(programs === path ? 1 : 0);
    await lock.release();
    expect(whoHasOpen(file)).toEqual([]);
  });

  it('that was released keeps no process from its end', async () => {
    fresh();
    const holder = other('hold');
    expect(await holder.said()).toBe('held');
    holder.release();
    const [code] = (await once(holder.child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });

  it('is had by each of many in turn, and by one at a time', async () => {
    fresh();
    const many = Array.from({ length: 6 }, () => other('hold'));
    const held: string[] = [];
    await Promise.all(
      many.map(async ({ said, release }, index) => {
        let word = await said();
        if (word === 'waiting') word = await said();
        expect(word).toBe('held');
        expect(await tryHold(file)).toBeUndefined();
        held.push(`begins ${index}`);
        await sleep(30);
        held.push(`ends ${index}`);
        release();
      }),
    );
    for (let at = 0; at < held.length; at += 2)
      expect(held[at + 1]).toBe(held[at]?.replace('begins', 'ends'));
    expect(held).toHaveLength(12);
  });

  it('is refused to whoever only tries, while another process holds it', async () => {
    fresh();
    const holder = other('hold');
    expect(await holder.said()).toBe('held');
    expect(await tryHold(file)).toBeUndefined();
    expect(await other('try').said()).toBe('refused');
  });

  it('is held by one at a time: who waits is told so, and gets it on release', async () => {
    fresh();
    const mine = await hold(file);
    const holder = other('hold');
    expect(await holder.said()).toBe('waiting');
    const next = holder.said();
    const early = await Promise.race([next, sleep(100, 'nothing')]);
    expect(early).toBe('nothing');
    await mine.release();
    expect(await next).toBe('held');
    expect(await tryHold(file)).toBeUndefined();
    holder.release();
    await (await hold(file)).release();
  });

  it('ends with the process that holds it, even where that is killed', async () => {
    fresh();
    const holder = other('hold');
    expect(await holder.said()).toBe('held');
    let waited = 0;
    const mine = hold(file, {
      onWait: () => {
        waited += 1;
        holder.child.kill('SIGKILL');
      },
    });
    await (await mine).release();
    expect(waited).toBe(1);
  });

  it('is waited for by nobody once whoever waited was killed', async () => {
    fresh();
    const mine = await hold(file);
    const before = whoHasOpen(file);
    const waiter = other('hold');
    expect(await waiter.said()).toBe('waiting');
    waiter.child.kill('SIGKILL');
    await expect.poll(() => whoHasOpen(file), { timeout: 10_000 }).toEqual(before);
    await mine.release();
  });

  it('that is deleted while somebody waits is made anew, and is theirs alone', async () => {
    fresh();
    const mine = await hold(file);
    const holder = other('hold');
    expect(await holder.said()).toBe('waiting');
    rmSync(join(file, '..'), { recursive: true });
    await mine.release();
    expect(await holder.said()).toBe('held');
    expect(existsSync(file)).toBe(true);
    expect(await tryHold(file)).toBeUndefined();
  });

  it('of another file is another lock', async () => {
    const one = await hold(fresh());
    const two = await tryHold(fresh());
    expect(two).toBeDefined();
    await one.release();
    await two?.release();
  });

  it('that cannot be made says which, to both who wait and who try', async () => {
    fresh();
    mkdirSync(file, { recursive: true });
    await expect(hold(file)).rejects.toThrow(LabError);
    await expect(hold(file)).rejects.toThrow(`cannot lock ${file}: `);
    await expect(tryHold(file)).rejects.toThrow(`cannot lock ${file}: `);
  });

  it('may have blanks and quotes in its path', async () => {
    const odd = join(folder, 'locks', "it's a $place", 'lock');
    const lock = await hold(odd);
    expect(existsSync(odd)).toBe(true);
    expect(await tryHold(odd)).toBeUndefined();
    await lock.release();
  });
});
