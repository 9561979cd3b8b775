import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeKernel } from '../../../src/machine/embedded/placement.ts';

describe('the processor of a lab', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvslab-placement-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** A host on which this process may use `allowed`, and whose processors are that fast, where it says so. */
  function host(allowed: string, speeds: Record<number, number> = {}) {
    const status = join(folder, 'status');
    writeFileSync(
      status,
      `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${allowed}\nMems_allowed_list:\t0\n`,
    );
    const processors = join(folder, 'processors');
    for (const [number, speed] of Object.entries(speeds)) {
      mkdirSync(join(processors, `cpu${number}`, 'cpufreq'), { recursive: true });
      writeFileSync(join(processors, `cpu${number}`, 'cpufreq', 'cpuinfo_max_freq'), `${speed}\n`);
    }
    return { status, processors };
  }

  function lab(name: string): string {
    const directory = join(folder, 'labs', name);
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  it('is another one for each lab, as long as there are any', () => {
    const two = host('2-3,6');
    const chosen = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => placeKernel(lab(name), two));
    expect(chosen.slice(0, 3).toSorted()).toEqual([2, 3, 6]);
    expect(chosen.slice(3).toSorted()).toEqual([2, 3, 6]);
  });

  it('is the one that a lab has left, and a lab is not in its own way', () => {
    const two = host('0-1');
    const first = placeKernel(lab('a'), two);
    const second = placeKernel(lab('b'), two);
    expect(new Set([first, second])).toEqual(new Set([0, 1]));
    rmSync(lab('a'), { recursive: true });
    expect(placeKernel(lab('c'), two)).toBe(first);
    expect(placeKernel(lab('b'), two)).toBe(second);
    expect(readFileSync(join(lab('b'), 'processor'), 'utf8')).toBe(String(second));
  });

  it('is a fast one first where some are made to save power, and not only those', () => {
    const hybrid = host('0-3', { 0: 3_400_000, 1: 5_100_000, 2: 3_400_000, 3: 5_000_000 });
    const chosen = ['a', 'b', 'c', 'd', 'e'].map((name) => placeKernel(lab(name), hybrid));
    expect(chosen.slice(0, 2).toSorted()).toEqual([1, 3]);
    expect(chosen.slice(2, 4).toSorted()).toEqual([0, 2]);
    expect([1, 3]).toContain(chosen[4]);
  });

  it('is not chosen where there is one only, or nobody says', () => {
    expect(placeKernel(lab('a'), host('5'))).toBeUndefined();
    expect(placeKernel(lab('a'), { ...host('0-7'), status: join(folder, 'none') })).toBeUndefined();
  });
});
