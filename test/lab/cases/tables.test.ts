import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { user } from '../cli.ts';

const { lab, on, json } = user('tables');

const FILES = join(import.meta.dirname, '../../fixtures/cases');

/** What breaks one service, by hand; the real server that its row must then name, and no other row about a table. */
interface Case {
  file: string;
  breaks: { service: string; by: string; says: RegExp }[];
}

const REMOVED = (vip: string) => ({
  service: `${vip}:80`,
  by: `ipvsadm -d -t ${vip}:80 -r 192.0.2.13`,
  says: /real server rs3 \(192\.0\.2\.13:80\) is missing/,
});
const CASES: Case[] = [
  {
    file: 'c14b-nat',
    breaks: [
      {
        service: '',
        by: 'ipvsadm -d -t 203.0.113.100:80 -r 10.0.3.94:8000',
        says: /real server rs1 \(10\.0\.3\.94:8000\) is missing/,
      },
    ],
  },
  // Only the plain wlc of the first would miss it by its traffic.
  { file: 'c18-wlc', breaks: ['192.0.2.200', '192.0.2.201', '192.0.2.202'].map(REMOVED) },
];

describe.each(CASES)('$file', ({ file, breaks }) => {
  beforeAll(async () => {
    const up = await lab(['up', join(FILES, `${file}.yaml`), '--name', file]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', file]);
  });

  const test = () => json<{ outcome: string; checks: Check[] }>(['test', file]);

  it('is green, with a row about each service’s table', async () => {
    const { checks: all } = await test();
    expect(all.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect(all.filter((check) => check.id.startsWith('table'))).toHaveLength(breaks.length);
  });

  it.each(breaks)('is red for $service after $by', async ({ service, by, says }) => {
    await on(`${file}/director`, by);
    const { outcome, checks } = await test();
    expect(outcome).toBe('fail');
    const red = checks.filter((check) => check.id.startsWith('table') && check.outcome === 'fail');
    expect(red.map(({ id }) => id)).toEqual([`table ${service}`.trim()]);
    expect(red[0]?.detail).toMatch(says);
    const reset = await lab(['reset', file]);
    expect(reset.code, reset.stderr).toBe(0);
  });
});
