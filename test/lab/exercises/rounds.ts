import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../../src/commands/status.ts';
import { shellStepsFor } from '../../../src/exercises/bindings.ts';
import type { Exercise } from '../../../src/exercises/exercise.ts';
import { FAULTS } from '../../../src/exercises/registry.ts';
import type { ShellStep, Fault } from '../../../src/exercises/types.ts';
import { leftOf, user } from '../cli.ts';

/** What a fault shows on a lab: kinds of checks, in any order. */
export interface Expected {
  /** Those that are not green after the injection; all others are. */
  broken: string[];
  /** Those that may be: who answers first is a race. */
  perhaps?: string[];
  /** Those that are not green after the wrong fix, among others. */
  wrong: string[];
}

interface CheckJson {
  fixed: boolean;
  score: number;
  findings: { id: string; outcome: string; text: string; detail?: string }[];
}

/** One lab for all its faults: each is injected, fixed wrongly, reset, injected again, and fixed. */
export function rounds(topology: string, table: Record<string, Expected>): void {
  describe(`exercises on ${topology}`, () => {
    const me = user(`exercises-${topology}`);
    const { lab, json } = me;
    const record = (): Exercise => {
      const text = readFileSync(join(me.state, topology, 'exercises.json'), 'utf8');
      const last = (JSON.parse(text) as { exercises: Exercise[] }).exercises.at(-1);
      if (last === undefined) throw new Error('no exercise was written down');
      return last;
    };
    const done = async (shellSteps: readonly ShellStep[]) => {
      for (const { on, run } of shellStepsFor(shellSteps, record().bindings)) {
        const ran = await lab(['exec', `${topology}/${on}`, '--', 'sh', '-e'], { input: `${run}\n` });
        if (ran.code !== 0) throw new Error(`on ${on}: ${run}\n${ran.stderr}`);
      }
    };
    const check = async () => {
      const ran = await lab(['check', topology, '--json']);
      const report = JSON.parse(ran.stdout) as CheckJson;
      return {
        code: ran.code,
        report,
        bad: report.findings.filter((f) => f.outcome !== 'pass').map((f) => f.id),
      };
    };
    const begin = async (fault: Fault) => {
      const ran = await lab(['break', topology, fault.id, '--seed', '1']);
      expect(ran.code, ran.stderr).toBe(0);
      return ran.stdout;
    };
    const differences = async () => (await json<StatusReport>(['status', topology])).differences;

    beforeAll(async () => {
      const up = await lab(['up', topology]);
      expect(up.code, up.stderr).toBe(0);
    });
    afterAll(async () => {
      expect((await lab(['down', topology])).code).toBe(0);
      expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
    });

    const faults = FAULTS.filter(({ id }) => Object.hasOwn(table, id));

    it.each(faults.map((fault) => [fault.id, fault] as const))('%s', async (id, fault) => {
      const expected = table[id];
      if (expected === undefined) throw new Error(`nothing is expected of ${id}`);

      const told = await begin(fault);
      for (const word of [fault.id, fault.texts.en.title, fault.texts.en.hints[0] ?? ''])
        expect(told).not.toContain(word);
      const broken = await check();
      expect(broken.code).not.toBe(0);
      expect(broken.bad.filter((kind) => expected.perhaps?.includes(kind) !== true).sort()).toEqual(
        [...expected.broken].sort(),
      );
      expect(broken.report.findings.every((f) => f.detail === undefined)).toBe(true);

      await done(fault.wrong?.shellSteps ?? []);
      const wrong = await check();
      expect(wrong.code).not.toBe(0);
      expect(wrong.bad).toEqual(expect.arrayContaining(expected.wrong));

      const reset = await lab(['reset', topology]);
      expect(reset.code, reset.stdout).toBe(0);
      expect(reset.stderr).toContain('is forfeited');

      await begin(fault);
      await done(fault.fix);
      const fixed = await check();
      expect(fixed.bad).toEqual([]);
      expect(fixed).toMatchObject({ code: 0, report: { fixed: true, score: 100 } });
      expect(await differences()).toEqual([]);
    });
  });
}
