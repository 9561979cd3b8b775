import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCli } from '../../../src/cli.ts';
import { completionsFor, completionScript } from '../../../src/commands/completion.ts';
import { LabError } from '../../../src/errors.ts';
import { removeRecord, writeRecord } from '../../../src/records/lab.ts';
import { SHIPPED, shipped } from '../plan/labs.ts';

const state = mkdtempSync(join(tmpdir(), 'lvslab-completion-'));
const words = (...typed: string[]) =>
  completionsFor(
    createCli(() => undefined),
    typed,
  );

function record(name: string): void {
  writeRecord({
    version: 1,
    name,
    machine: 'embedded',
    runtime: 'netns',
    topology: name,
    toolVersion: '0',
    created: '2026-01-01T00:00:00Z',
    complete: true,
    plan: { ...shipped('nat'), name },
  });
}

beforeEach(() => {
  vi.stubEnv('LVSLAB_STATE', join(state, 'labs'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
});

describe('the words that could come next', () => {
  it('are the commands at first, without the one that asks', () => {
    expect(words('')).toEqual(expect.arrayContaining(['up', 'down', 'test', 'trace', 'shell', 'plan']));
    expect(words('')).not.toContain('complete');
    expect(words('u')).toEqual(words(''));
    expect(words('--', 'u')).toEqual(words(''));
  });

  it('are topologies where a topology is due', () => {
    expect(words('up', '')).toEqual([...SHIPPED].sort());
    expect(words('plan', 'n')).toEqual([...SHIPPED].sort());
  });

  it('are options after a dash', () => {
    expect(words('up', '--')).toEqual(expect.arrayContaining(['--name', '--machine', '--json']));
    expect(words('up', '-')).not.toContain('nat');
  });

  it('are the labs and nodes that there are', () => {
    expect(words('test', '')).toEqual([]);
    record('nat');
    expect(words('test', '')).toEqual(['nat']);
    expect(words('shell', '')).toEqual(['client', 'director', 'rs1', 'rs2']);
    expect(words('ipvs', '')).toEqual(['save', 'restore']);
    expect(words('ipvs', 'save', '')).toEqual(['nat']);
    expect(words('ipvs', 'save', '--')).toContain('--director');
    expect(words('link', '')).toContain('rs1');
    record('two');
    expect(words('down', '')).toEqual(['nat', 'two']);
    expect(words('shell', '')).toEqual(
      ['nat', 'two'].flatMap((lab) => ['client', 'director', 'rs1', 'rs2'].map((node) => `${lab}/${node}`)),
    );
    removeRecord('nat');
    removeRecord('two');
    expect(words('test', '')).toEqual([]);
  });
});

describe('the script', () => {
  it('for bash is valid, and completes by what the tool says', () => {
    const script = completionScript('bash');
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        `${script}
tool() { printf 'args:%s\\n' "$*" >&2; printf 'nat\\ntun\\ntun-gre\\n'; }
COMP_WORDS=(tool up t) COMP_CWORD=2
_lab 2>&1
printf '%s ' "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('tun tun-gre ');
  });

  it('for zsh names its function', () => {
    expect(completionScript('zsh')).toMatch(/^#compdef lab\n/);
  });

  it('for another shell is refused, with those that there are', () => {
    expect(() => completionScript('fish')).toThrow(LabError);
    expect(() => completionScript('fish')).toThrow('no completion for "fish"');
  });
});
