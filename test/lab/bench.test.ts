import { execa } from 'execa';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftOf, marked } from './cli.ts';

const RUN = join(import.meta.dirname, '../../bench/run.mjs');

interface Row {
  name: string;
  failed?: string;
  values?: number[];
}

describe('a run of the benchmark', { timeout: 300_000 }, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lb-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (...argv: string[]) => {
    const [program, ...rest] = marked(folder, ['node', RUN, ...argv, '--rounds', '1']);
    return execa(program, rest, { env: { TMPDIR: folder }, reject: false });
  };
  /** The number of the process that holds the line of a lab of the run; NaN where there is none yet. */
  const holder = (lab: string) => {
    const [work] = readdirSync(folder).filter((name) => name.startsWith('lvslab-bench-'));
    try {
      const record = readFileSync(join(folder, work ?? '', 'state', lab, 'holder'), 'utf8');
      return Number(/^(\d+) /.exec(record)?.[1]);
    } catch {
      return NaN;
    }
  };
  const nothingLeft = async (...but: string[]) => {
    expect(await leftOf(folder)).toEqual({ processes: [], mounts: [] });
    expect(readdirSync(folder)).toEqual(but);
  };

  it.each([
    ['a lab comes up', 'up', 'bench-up'],
    ['a class comes up', 'class', 'bench-s02'],
  ])('leaves nothing where it is interrupted while %s', async (_, measure, lab) => {
    const json = join(folder, 'run.json');
    const run = start(measure, '--json', json);
    await expect.poll(() => holder(lab), { timeout: 120_000, interval: 5 }).toBeGreaterThan(1);
    run.kill('SIGINT');
    const { exitCode, stdout } = await run;
    expect(stdout).toContain('interrupted by SIGINT; taking down what is there');
    expect(stdout).not.toContain('FAILED');
    expect(exitCode).toBe(130);
    await nothingLeft();
  });

  it('says what failed, counts it nowhere, leaves nothing, and is no success', async () => {
    const json = join(folder, 'run.json');
    const run = start('kernel', 'test', '--json', json);
    let killed = false;
    run.stderr.on('data', (text: Buffer) => {
      if (killed || !String(text).includes('eight requests')) return;
      killed = true;
      process.kill(holder('bench-debian'), 'SIGKILL');
    });
    const { exitCode, stdout } = await run;
    expect(stdout).toMatch(/Debian’s kernel +\d\.\d{3} s/);
    expect(stdout).toMatch(/lab test nat, Debian’s kernel +FAILED: /);
    expect(exitCode).toBe(1);
    const { measures } = JSON.parse(readFileSync(json, 'utf8')) as {
      measures: { name: string; races: { rows: Row[] }[] }[];
    };
    const rows = measures.flatMap(({ races }) => races).flatMap((race) => race.rows);
    const failed = rows.filter((row) => row.failed !== undefined);
    expect(failed.map((row) => row.name)).toContain('lab test nat, Debian’s kernel');
    for (const row of failed) expect(row.values).toBeUndefined();
    expect(rows.find((row) => row.name === 'Debian’s kernel')?.values).toHaveLength(1);
    await nothingLeft('run.json');
  });
});
