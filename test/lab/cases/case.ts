import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { user } from '../cli.ts';

/** A case's lab for the tests of the file or group that asks for it, and the rows of each test of it. */
export function caseOf(name: string) {
  const me = user(name);
  beforeAll(async () => {
    const up = await me.lab(['up', join(import.meta.dirname, `../../fixtures/cases/${name}.yaml`)]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await me.lab(['down', '--all']);
  });
  const checks = async () =>
    (JSON.parse((await me.lab(['test', '--json'])).stdout) as { checks: Check[] }).checks;
  return { ...me, checks };
}

/** The ids of the rows that are not green. */
export const notGreen = (all: Check[]) => all.filter(({ outcome }) => outcome !== 'pass').map(({ id }) => id);
