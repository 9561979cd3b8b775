import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from './sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-ci-'));
mkdirSync(join(folder, '.ci'));
copyFileSync(join(ROOT, '.ci', 'run'), join(folder, '.ci', 'run'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs CI in a package whose checks and tests do this. */
function ci(check: string, test: string) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { check, test } }));
  const { status, stdout } = spawnSync('sh', [join(folder, '.ci', 'run')], { encoding: 'utf8' });
  return { status, said: stdout.trimEnd().split('\n') };
}

describe('CI', () => {
  it('checks, then tests, and ends with the counts', () => {
    const { status, said } = ci('echo checked', 'echo 7 passed, 0 failed');
    expect(status).toBe(0);
    expect(said).toContain('checked');
    expect(said.indexOf('checked')).toBeLessThan(said.length - 1);
    expect(said.at(-1)).toBe('7 passed, 0 failed');
  });

  it('fails where a check does, before any test', () => {
    const { status, said } = ci('echo checked; exit 2', 'echo 7 passed, 0 failed');
    expect(status).not.toBe(0);
    expect(said).not.toContain('7 passed, 0 failed');
  });

  it('fails where a test does', () => {
    const { status, said } = ci('true', 'echo 6 passed, 1 failed; exit 1');
    expect(status).not.toBe(0);
    expect(said.at(-1)).toBe('6 passed, 1 failed');
  });

  it('checks types, rules and format', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const tool of ['tsc --noEmit', 'eslint .', 'prettier --check .'])
      expect(scripts['check']).toContain(tool);
  });
});
