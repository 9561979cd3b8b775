import { describe, expect, it } from 'vitest';
import { classCsv, groupsText } from '../../../src/report/class-work.ts';
import { checkTable } from '../../../src/report/text.ts';
import { columns } from '../../../src/terminal/columns.ts';
import { diagramMermaid } from '../../../src/report/diagram/mermaid.ts';
import { diagramSvg } from '../../../src/report/diagram/svg.ts';
import { diagramText } from '../../../src/report/diagram/text.ts';
import { pageHtml, pageMarkdown, type DocumentBlock } from '../../../src/report/document.ts';
import { eventLine } from '../../../src/report/timeline.ts';
import { githubAnnotations } from '../../../src/report/verify/github.ts';
import { junitXml } from '../../../src/report/verify/junit.ts';
import { verifyMarkdown } from '../../../src/report/verify/markdown.ts';
import { tapText } from '../../../src/report/verify/tap.ts';
import { resultText, verifyText } from '../../../src/report/verify/text.ts';
import { planOf } from '../plan/labs.ts';
import { check, report, result } from './verify/reports.ts';

/** What turns a line around, hides, moves the cursor, ends a line, or is half a character. */
const FOREIGN = 'x\x1b[2J\x07\x7f\x9b1m\u202e\u2066\u200b\u2028\ufeff\u{e0041}\ud800y';
const SHOWN = 'x^[[2J^G^?\\u{9b}1m\\u{202e}\\u{2066}\\u{200b}\\u{2028}\\u{feff}\\u{e0041}\\u{d800}y';
const RAW = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const bad = check(FOREIGN, { outcome: 'fail', detail: FOREIGN, evidence: [FOREIGN, FOREIGN] });
const verified = report(
  [
    result('nat', { outcome: 'fail', checks: [bad], evidence: FOREIGN, file: FOREIGN }),
    result(FOREIGN, {
      outcome: 'error',
      checks: [],
      error: { stage: 'up', message: `${FOREIGN}\n${FOREIGN}`, fix: FOREIGN, exitCode: 4 },
    }),
  ],
  { host: { name: FOREIGN, kernel: '', node: '', cpus: 1 } },
);
const page = {
  title: FOREIGN,
  language: 'en',
  blocks: [
    { kind: 'heading', level: 1, text: FOREIGN },
    ...(['text', 'quote', 'code'] as const).map((kind): DocumentBlock => ({ kind, text: FOREIGN })),
    { kind: 'text', text: `\`${FOREIGN}\`` },
    { kind: 'list', items: [FOREIGN] },
    { kind: 'table', head: [FOREIGN], rows: [[FOREIGN]] },
    { kind: 'picture', svg: '<svg/>', text: FOREIGN },
  ] satisfies DocumentBlock[],
};
const plain = planOf('networks: { lan: 10.0.0.0/24 }\nnodes: { client: { on: lan } }');
const plan = { ...plain, title: FOREIGN, networks: plain.networks.map((n) => ({ ...n, name: FOREIGN })) };

/** The whole of what can be said in Markdown's own signs. */
const unescaped = (text: string) => text.replaceAll(/\\([\\*_<>[\]{}#|`])/g, '$1');

describe('others’ words', () => {
  it.each<[string, string]>([
    ['HTML', pageHtml(page)],
    ['Markdown', pageMarkdown(page)],
    ['JUnit', junitXml(verified)],
    ['TAP', tapText(verified)],
    ['a summary for GitHub', verifyMarkdown(verified)],
    ['annotations for GitHub', githubAnnotations(verified, (file) => file).join('\n')],
    ['SVG', diagramSvg(plan)],
    ['Mermaid', diagramMermaid(plan)],
    ['a diagram of text', diagramText({ ...plain, title: FOREIGN })],
    ['CSV', classCsv([{ seat: 's01', name: FOREIGN, exercises: [] }], 'en', 0)],
    ['outputs of seats', groupsText([{ seats: ['s01'], code: 0, stdout: FOREIGN, stderr: '' }], 1)],
    ['columns', columns([[FOREIGN]])],
  ])('are shown in %s', (_, written) => {
    expect(written.replaceAll('\r\n', '\n')).not.toMatch(RAW);
    expect(unescaped(written.replaceAll('#92;', '\\')).replaceAll(/%5C/g, '\\')).toContain(SHOWN);
  });

  it('do not become lines of a report', () => {
    const forged = check('a\n✔ b', { outcome: 'fail', detail: 'c\n✔ d', evidence: ['e\n✔ f'] });
    expect(checkTable([forged]).split('\n')).toHaveLength(2);
    const one = result('nat', { outcome: 'fail', checks: [forged] });
    expect(resultText(one, report([one])).split('\n')).toHaveLength(3);
    expect(columns([['a\nb']])).toBe('a^Jb');
    const event = { time: '2026-11-23T06:55:39.123Z', source: 'log', node: 'rs1', text: 'a\nb' } as const;
    expect(eventLine(event, 0)).not.toContain('\n');
    expect(verifyText(report([], { left: { ...report([]).left, processes: ['1 a\nb'] } }))).toContain(
      '1 a^Jb',
    );
  });
});
