import { element, escapeXml } from '../diagram/xml.ts';
import {
  casesOf,
  evidenceLine,
  resultName,
  type ReportedCase,
  type VerifyReport,
  type VerifyResult,
} from '../../commands/verify-report.ts';

/**
 * The report as JUnit XML, the form that Jenkins, GitLab and most others read: a suite for each topology. What could
 * not be measured is an error there, as what kept the lab from coming up is.
 */
export function junitXml(report: VerifyReport): string {
  const suites = report.results.map((result, index) => suite(report, result, index));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', {}, '\n', ...suites)}\n`;
}

function suite(report: VerifyReport, result: VerifyResult, index: number): string {
  const cases = casesOf(result);
  const { up, test, down } = result.seconds;
  // All checks of a lab are made of the same captures: none has a time of its own.
  const each = test / Math.max(1, cases.length);
  const properties = {
    tool: `lvslab ${report.tool}`,
    lab: result.lab,
    machine: result.machine ?? 'none',
    runtime: result.runtime ?? 'none',
    round: String(result.round),
    'seconds up': up.toFixed(3),
    'seconds down': down.toFixed(3),
  };
  return `${element(
    'testsuite',
    {
      name: resultName(result, report),
      package: 'lvslab',
      id: index,
      // Without a zone, as the schema wants it; it is UTC.
      timestamp: result.started.slice(0, 19),
      hostname: report.host.name === '' ? 'localhost' : report.host.name,
      tests: cases.length,
      failures: cases.filter((c) => c.outcome === 'fail').length,
      errors: cases.filter((c) => c.outcome === 'error' || c.outcome === 'unknown').length,
      time: (up + test + down).toFixed(3),
    },
    '\n',
    element(
      'properties',
      {},
      ...Object.entries(properties).map(([name, value]) => element('property', { name, value })),
    ),
    '\n',
    ...cases.map((one) => testcase(result, one, each)),
    element('system-out', {}, escapeXml(cases.map((c) => `${c.title}: ${c.detail}`).join('\n'))),
    '\n',
    element('system-err', {}, ''),
    '\n',
  )}\n`;
}

function testcase(
  result: VerifyResult,
  { title, id, outcome, detail, lines }: ReportedCase,
  time: number,
): string {
  const attributes = {
    name: `${title} (${id})`,
    classname: `lvslab.${result.topology}`,
    time: time.toFixed(3),
  };
  if (outcome === 'pass') return `${element('testcase', attributes)}\n`;
  const body = escapeXml([detail, ...lines, ...evidenceLine(result)].join('\n'));
  const problem = element(
    outcome === 'fail' ? 'failure' : 'error',
    { message: detail, type: outcome === 'unknown' ? 'not measured' : outcome },
    body,
  );
  return `${element('testcase', attributes, problem)}\n`;
}
