import { execa } from 'execa';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the labs of this run live, apart from the user's own. */
    state: string;
  }
}

/** Makes the kernel for labs, then brings one lab up and down: that installs and builds what every other test needs. */
export default async function setup(project: TestProject): Promise<() => void> {
  const state = mkdtempSync(join(tmpdir(), 'lvslab-test-'));
  project.provide('state', state);
  const kernel = project.config.env['LVSLAB_KERNEL'];
  const env = { LVSLAB_STATE: join(state, 'setup'), LVSLAB_KERNEL: kernel };
  for (const argv of [
    ['kernel', 'build'],
    ['up', 'nat'],
    ['down', 'nat'],
  ])
    await execa('./lab', argv, { env, stdio: 'inherit' });
  return () => {
    const left = readdirSync(state);
    rmSync(state, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`the tests left labs behind: ${left.join(', ')}`);
  };
}
