import { describe, expect, it } from 'vitest';
import { diagnosisOf } from '../../../src/place/judge-host.ts';
import { embeddedRuns } from '../../../src/host/embedded-here.ts';
import { EMBEDDED_ELSEWHERE } from '../../../src/host/processor.ts';
import { doctorText } from '../../../src/report/text.ts';
import { factsOf, KINDS } from './host-kinds.ts';

const PLACES = ['local machine', 'embedded', 'engine kernel'];

describe.each(Object.entries(KINDS))('%s', (_, kind) => {
  const diagnosis = diagnosisOf(factsOf(kind));
  const text = diagnosis.findings.map(({ detail, fix }) => `${detail}\n${fix ?? ''}`).join('\n');
  const embedded = embeddedRuns(kind.abilities);

  it('has just these places for labs', () => {
    // An engine's kernel that lacks a part of it is one all the same.
    const works = diagnosis.findings.filter(
      ({ title, state }) => PLACES.includes(title) && (state === 'ok' || state === 'missing'),
    );
    expect(works.map(({ title }) => title).sort()).toEqual([...kind.places].sort());
    expect(diagnosis.ready).toBe(kind.ready);
  });

  it('is told what is lacking', () => {
    for (const words of kind.says) expect(text).toMatch(words);
    expect(doctorText(diagnosis)).toContain(
      kind.ready === null ? 'not known yet' : kind.ready ? 'labs run here' : 'no lab with virtual services',
    );
  });

  it('is told nothing of what cannot work there', () => {
    expect(text.includes(EMBEDDED_ELSEWHERE)).toBe(!embedded);
    if (embedded) return;
    expect(text).not.toContain('--machine embedded');
    for (const { title } of diagnosis.findings) expect(title).not.toBe('confinement');
    if (kind.places.includes('local machine')) return;
    // Nothing is installed for what does not run.
    expect(text).not.toContain('apt-get');
  });
});
