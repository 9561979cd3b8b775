import { describe, expect, it } from 'vitest';
import { checkRows, type FoundRows } from '../../../src/exercises/check-rows.ts';
import { termOf, subjectOf } from '../../../src/exercises/terms.ts';
import type { Outcome } from '../../../src/proof/check.ts';

const found = (id: string, outcome: Outcome, detail = ''): FoundRows => ({
  outcome,
  text: termOf({ id }),
  subject: subjectOf({ id }),
  detail,
});

describe('the rows of a check', () => {
  it('name the service where a lab has several, and are not merged across them', () => {
    const rows = checkRows([
      found('answers 203.0.113.100:80', 'fail'),
      found('answers 203.0.113.200:80', 'pass'),
    ]);
    expect(rows.map(({ subject, outcome, text }) => [subject, outcome, text.en])).toEqual([
      ['203.0.113.100:80', 'fail', 'Not every request is answered.'],
      ['203.0.113.200:80', 'pass', 'Every request is answered.'],
    ]);
  });

  it('say nothing as right and as wrong: the worst of what means the same decides', () => {
    const rows = checkRows([
      found('dr/203.0.113.100:80/one-owner', 'pass', 'one MAC address'),
      found('dr/203.0.113.100:80/one-announcer', 'fail', 'two MAC addresses'),
      found('dr/203.0.113.100:80/one-other', 'unknown'),
    ]);
    expect(rows).toEqual([
      {
        outcome: 'fail',
        text: termOf({ id: 'one-owner' }).wrong,
        subject: undefined,
        details: ['one MAC address', 'two MAC addresses'],
      },
    ]);
  });

  it('accuse nobody of what was not measured', () => {
    const [row] = checkRows([found('distribution', 'unknown')]);
    expect(row).toMatchObject({ outcome: 'unknown', text: termOf({ id: 'distribution' }).right });
  });
});
