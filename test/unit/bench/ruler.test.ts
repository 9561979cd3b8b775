import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../structure/sources.ts';

const RULER = join(ROOT, 'bench', 'ruler.mjs');

/** Runs a benchmark of a few lines with the ruler. */
function bench(lines: string) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { attempt, lacking, race, say } from ${JSON.stringify(RULER)};\n${lines}`,
    ],
    { encoding: 'utf8', cwd: ROOT },
  );
  return { status, stdout, stderr };
}
const sh = (script: string) =>
  `() => import('execa').then(({ execa }) => execa('sh', ['-c', ${JSON.stringify(script)}]))`;

describe('a race', () => {
  it('tells who failed, and why, and goes on with the others', () => {
    const { status, stdout, stderr } = bench(`
      const after = [];
      await race('A race', 2, [
        { name: 'breaks', run: ${sh('echo no loader >&2; exit 127')}, after: () => after.push('undone') },
        { name: 'lacks', run: () => { throw new Error('run all the same'); }, lacks: 'not measured: apt-get install it' },
        { name: 'works', run: ${sh('true')} },
        { name: 'says so itself', run: () => 2000 },
        { name: 'says nothing', run: () => Number('none') },
      ]);
      say(after.join());`);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/breaks +FAILED: Command failed with exit code 127.*no loader/);
    expect(stdout).toMatch(/lacks +not measured: apt-get install it/);
    expect(stdout).toMatch(/works +\d\.\d{3} s {2}\(/);
    expect(stdout).toMatch(/says so itself +2\.000 s/);
    expect(stdout).toMatch(/says nothing +FAILED: it took NaN ms/);
    // Once, as who failed is not asked again.
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('undone');
    expect(status).toBe(1);
  });

  it('is a success where everybody did what is measured, or could not be asked', () => {
    const { status } = bench(`
      await race('A race', 1, [{ name: 'works', run: ${sh('true')} }, { name: 'lacks', lacks: 'not measured' }]);
      await attempt('fine', () => undefined);`);
    expect(status).toBe(0);
  });

  it('is no success where what was done is not undone', () => {
    const { status, stdout } = bench(
      `await race('A race', 1, [{ name: 'works', run: ${sh('true')}, after: ${sh('exit 3')} }]);`,
    );
    expect(stdout).toMatch(/works +FAILED: Command failed with exit code 3/);
    expect(status).toBe(1);
  });
});

it('what is missing is named with what brings it', () => {
  const { stdout } = bench(`
    say(String(lacking(['sh', '-c', 'exit 0'], 'nothing')));
    say(lacking(['/no/such/program'], 'apt-get install it'));`);
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'undefined',
    'not measured: /no/such/program does not work here; apt-get install it',
  ]);
});

it.each(readdirSync(join(ROOT, 'bench')).filter((file) => file.endsWith('.mjs') && file !== 'ruler.mjs'))(
  '%s measures by the ruler, and overlooks no failure',
  (file) => {
    const text = readFileSync(join(ROOT, 'bench', file), 'utf8');
    expect(text).toContain("from './ruler.mjs'");
    expect(text).not.toMatch(/reject: false|catch \{|\.catch\(/);
  },
);
