import { execa } from 'execa';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOT } from '../structure/sources.ts';

const WORKPLACE = join(ROOT, 'bench/workplace.mjs');
const RULER = join(ROOT, 'bench/ruler.mjs');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvslab-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A benchmark of a few lines with a workplace below `folder`; what it is to undo is a file of `folder`. */
function bench(lines: string) {
  const script = `
    import { writeFileSync, rmSync } from 'node:fs';
    import { openWorkplace } from ${JSON.stringify(WORKPLACE)};
    import { say } from ${JSON.stringify(RULER)};
    const thing = ${JSON.stringify(join(folder, 'thing'))};
    const workplace = await openWorkplace(1);
    try {
      workplace.later('the thing', () => rmSync(thing));
      writeFileSync(thing, '');
      ${lines}
    } catch (error) {
      say('ended: ' + error.message);
    } finally {
      await workplace.close();
      if (workplace.exitCode !== undefined) process.exitCode = workplace.exitCode;
    }`;
  return execa(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    env: { TMPDIR: folder },
    reject: false,
  });
}

it('everything goes with a run that failed', async () => {
  const { stdout, stderr } = await bench(`throw new Error('no luck');`);
  expect(stderr).toBe('');
  expect(stdout).toBe('ended: no luck');
  expect(readdirSync(folder)).toEqual([]);
});

it('what cannot be undone is said, the rest is undone all the same, and it is no success', async () => {
  const { stdout, exitCode } = await bench(`workplace.later('another', () => workplace.undo(['false']));`);
  expect(stdout).toMatch(/another +FAILED: Command failed with exit code 1: false/);
  expect(exitCode).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('everything goes, programs too, where %s interrupts a race', async (signal, code) => {
  const pid = join(folder, 'pid');
  const ran = bench(`
    const argv = ['sh', '-c', 'echo $$ >${pid}; exec sleep 600'];
    await workplace.race('A race', [{ name: 'sleeps', run: () => workplace.run(argv) }]);`);
  await expect
    .poll(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '', { timeout: 20_000 })
    .toBe(true);
  const sleeper = Number(readFileSync(pid, 'utf8'));
  expect(existsSync(join(folder, 'thing'))).toBe(true);
  expect(existsSync(`/proc/${sleeper}`)).toBe(true);
  ran.kill(signal);
  const { stdout, stderr, exitCode } = await ran;
  expect(stderr).toBe('');
  expect(stdout).toBe(`ended: interrupted by ${signal}`);
  expect(exitCode).toBe(code);
  expect(existsSync(`/proc/${sleeper}`)).toBe(false);
  expect(readdirSync(folder)).toEqual(['pid']);
});
