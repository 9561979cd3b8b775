import { describe, expect, it } from 'vitest';
import type { Exercise } from '../../../src/exercises/exercise.ts';
import { FAULTS } from '../../../src/exercises/registry.ts';
import { classCsv, classPage, doneSummary } from '../../../src/report/class-work.ts';
import { pageMarkdown } from '../../../src/report/document.ts';

const [fault] = FAULTS;
if (fault === undefined) throw new Error('there are no faults');

const fixed: Exercise = {
  ...{ number: 1, fault, bindings: {}, seed: 1, language: 'en' },
  ...{ began: '2026-01-01T10:00:00Z', ended: '2026-01-01T10:01:30Z', how: 'fixed' },
  hints: [{ time: '2026-01-01T10:01:00Z', by: 'hint' }],
  tries: [{ time: '2026-01-01T10:01:30Z', right: 3, of: 3, fixed: true }],
};
const seats = [
  { seat: 'ada', name: 'Ada, "the first"', exercises: [fixed] },
  { seat: 'eve', name: '=HYPERLINK("x")', exercises: [] },
];
const now = Date.parse('2026-01-01T11:00:00Z');

describe('the report of a class', () => {
  it('has everybody’s points, and each exercise', () => {
    const text = pageMarkdown(classPage('nat', seats, 'en', now));
    expect(text).toContain('# Class nat');
    expect(text).toMatch(/\| ada \| Ada, "the first" \| 1 \| 1 \| 90 \|/);
    expect(text).toMatch(/\| eve \| .* \| 0 \| 0 \| 0 \|/);
    expect(text).toMatch(/\| ada \| .* \| 1 \| .* \| Fixed! \| 90 \| 1 \| 1 \| 90 \|/);
    expect(pageMarkdown(classPage('nat', seats, 'de', now))).toContain('# Klasse nat');
  });

  it('is CSV that a spreadsheet reads as text, names with formulas too', () => {
    const [head, ada, eve] = classCsv(seats, 'en', now).split('\r\n');
    expect(head).toMatch(/^seat,name,exercise,fault,/);
    expect(ada).toMatch(/^ada,"Ada, ""the first""",1,.*,90,1,1,90$/);
    expect(eve).toBe('eve,"\'=HYPERLINK(""x"")",,,,,,,,0');
  });

  it('does not say what is broken while it is searched for', () => {
    const { ended, how, ...on } = fixed;
    expect([ended, how]).not.toContain(undefined);
    const csv = classCsv([{ seat: 'ada', name: 'Ada', exercises: [on] }], 'en', now);
    expect(csv).not.toContain(fault.texts.en.title);
    expect(csv).toContain('still on');
  });
});

it('a summary names those that are not green', () => {
  const done = (seat: string, outcome: 'pass' | 'fail') => ({
    ...{ seat, name: seat, lab: seat, outcome, detail: '', seconds: 1 },
  });
  expect(doneSummary([done('a', 'pass'), done('b', 'fail')], 'passed')).toBe('1 of 2 seats passed; not b');
  expect(doneSummary([done('a', 'pass')], 'passed')).toBe('1 of 1 seat passed');
});
