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

it('a race has a row for each figure, with all values, and for whom it could not measure, the reason', () => {
  const { stdout } = bench(`
    let round = 0;
    const rows = await race('A race', 3, [
      { name: 'tells figures', units: { up: 's', memory: 'MiB' }, run: () => ({ up: [3, 1, 2][round++], memory: 5 }) },
      { name: 'tells one of two', units: { up: 's', memory: 'MiB' }, run: () => ({ up: 1 }) },
      { name: 'has work', role: 'floor', run: ${sh('i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done')} },
      { name: 'lacks', role: 'peer', run: () => undefined, lacks: 'not measured: no' },
    ]);
    say('ROWS ' + JSON.stringify(rows));`);
  const rows = JSON.parse(/^ROWS (.*)$/m.exec(stdout)?.[1] ?? '[]') as Record<string, unknown>[];
  expect(rows).toEqual([
    ...[
      { figure: 'up', unit: 's', least: 1, median: 2, most: 3, values: [3, 1, 2] },
      { figure: 'memory', unit: 'MiB', least: 5, median: 5, most: 5, values: [5, 5, 5] },
    ].map((row) => ({ name: 'tells figures', role: 'tool', ...row })),
    { name: 'tells one of two', role: 'tool', failed: 'its memory is undefined by its own account' },
    expect.objectContaining({ name: 'has work', role: 'floor', unit: 's' }),
    { name: 'lacks', role: 'peer', lacks: 'not measured: no' },
  ]);
  const { median, processor } = rows[3] as { median: number; processor: number };
  // What a program does by itself takes it no less by the clock; the processor's time is told in hundredths.
  expect(processor).toBeGreaterThan(0);
  expect(processor).toBeLessThan(median + 0.05);
});

it('what comes before a race or a round is not counted, and who fails there does not run', () => {
  const { stdout, status } = bench(`
    const order = [];
    await race('A race', 2, [
      {
        name: 'slow to begin',
        prepare: ${sh('sleep 0.3')},
        before: ${sh('sleep 0.3')},
        run: () => void order.push('ran'),
        after: () => order.push('undone'),
      },
      { name: 'never begins', prepare: ${sh('echo no room >&2; exit 1')}, run: () => order.push('began all the same') },
    ]);
    say(order.join());`);
  expect(stdout).toMatch(/slow to begin +0\.0\d\d s/);
  expect(stdout).toMatch(/never begins +FAILED: .*no room/);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('ran,undone,ran,undone');
  expect(status).toBe(1);
});

it('a race ends where it is told to, and nobody is said to have failed', () => {
  const { stdout, stderr, status } = bench(`
    const stop = new AbortController();
    const run = () => { stop.abort(new Error('enough')); throw new Error('was ended'); };
    try {
      await race('A race', 2, [{ name: 'runs', run, after: () => say('undone here') }], { signal: stop.signal });
    } catch (error) {
      say('ended: ' + error.message);
    }`);
  expect(stderr).toBe('');
  expect(stdout.trimEnd()).toBe('ended: enough');
  expect(status).toBe(0);
});

const MEASURES = readdirSync(join(ROOT, 'bench/measures')).filter((file) => file !== 'index.mjs');

it.each(MEASURES)('%s measures by the ruler, and overlooks no failure', (file) => {
  const text = readFileSync(join(ROOT, 'bench/measures', file), 'utf8');
  expect(text).toContain('workplace.race(');
  expect(text).not.toMatch(/reject: false|catch \{|\.catch\(/);
});

it.each(readdirSync(join(ROOT, 'bench')).filter((file) => file.endsWith('.mjs')))(
  '%s overlooks no failure',
  (file) => {
    expect(readFileSync(join(ROOT, 'bench', file), 'utf8')).not.toMatch(/reject: false|catch \{|\.catch\(/);
  },
);
