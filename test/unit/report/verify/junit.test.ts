import { describe, expect, it } from 'vitest';
import { junitXml } from '../../../../src/report/verify/junit.ts';
import { JUNIT_SCHEMAS, junitProblems } from '../../../junit-schemas.ts';
import { MIXED, NASTY, report, result } from './reports.ts';

describe.each(JUNIT_SCHEMAS)('by %s', (schema) => {
  it.each([
    ['of every outcome', MIXED],
    ['of no lab at all', report([])],
    ['where all is well', report([result('nat')])],
    [
      'of several rounds',
      report([result('nat'), result('nat', { round: 2 })], {
        rounds: [1, 2].map((round) => ({ round, seconds: 1, failures: 0, memory: 1, openFiles: 1 })),
      }),
    ],
    ['with names that are hard to write', report([result(NASTY, { lab: NASTY })])],
  ])('a report %s is valid', async (_, given) => {
    expect(await junitProblems(junitXml(given), [schema])).toEqual([]);
  });

  it('what a report must not be is found', async () => {
    const xml = junitXml(MIXED);
    for (const broken of [
      xml.replace('<testcase ', '<testcase nme="x" '),
      xml.replace(/<properties>.*?<\/properties>/, '<properties/>text'),
      xml.replaceAll(/ tests="\d+"/g, ''),
      xml.replace('</testsuites>', ''),
    ]) {
      expect(broken).not.toBe(xml);
      expect(await junitProblems(broken, [schema])).not.toEqual([]);
    }
  });
});

describe('JUnit XML', () => {
  const xml = junitXml(MIXED);
  const suites = [...xml.matchAll(/<testsuite .*?<\/testsuite>/gs)].map(([text]) => text);

  it('has a suite for each lab, with what failed and what could not be said counted apart', () => {
    const counts = suites.map((suite) =>
      /tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(suite)?.slice(1),
    );
    expect(counts).toEqual([
      ['2', '0', '0'],
      ['3', '1', '1'],
      ['1', '0', '1'],
      ['1', '0', '0'],
    ]);
  });

  it('has the packets of a failed claim, and where the rest of the evidence is', () => {
    const failure = /<failure message="([^"]*)"[^>]*>([^<]*)<\/failure>/.exec(suites[1] ?? '');
    expect(failure?.[1]).toBe('rs1 answered ARP for 203.0.113.100');
    expect(failure?.[2]).toContain('\nrs1 eth0  ARP 203.0.113.100 is at 02:00:00:01:00:03\n');
    expect(failure?.[2]).toMatch(/\nevidence: \/lab\/lvslab-evidence\/verify-dr-1$/);
  });

  it('has what kept a lab from coming up, whole, with the fix', () => {
    const error = /<error message="([^"]*)"[^>]*>([^<]*)<\/error>/.exec(suites[2] ?? '');
    expect(error?.[1]).toBe('rs1: ip: no such device');
    expect(error?.[2]).toBe('rs1: ip: no such device\nrs2: ip: no such device\nfix: lab doctor');
  });

  it('has no evidence of what passed', () => {
    expect(xml).not.toContain('never shown');
  });
});
