import { describe, expect, it } from 'vitest';
import { explainCommand } from '../../../src/exercises/explain.ts';
import { FAULTS } from '../../../src/exercises/registry.ts';
import { LANGUAGES } from '../../../src/exercises/types.ts';
import { nodeCommands } from '../../../src/plan/script.ts';
import { pageHtml, pageMarkdown, type Page } from '../../../src/report/document.ts';
import { handout } from '../../../src/report/handout.ts';
import { SHIPPED, shipped } from '../plan/labs.ts';

describe('a page', () => {
  const page: Page = {
    title: 'a & b',
    language: 'en',
    blocks: [
      { kind: 'heading', level: 1, text: 'a & b' },
      { kind: 'text', text: 'x_y *z* <b> `a|b <c> _d_`' },
      { kind: 'table', head: ['k', 'v'], rows: [['`a || b`', 'c|d']] },
      { kind: 'code', text: 'echo ```' },
      { kind: 'list', items: ['one', 'two'], numbered: true },
      { kind: 'space', lines: 2 },
    ],
  };

  it('is Markdown in which nothing means more than it says', () => {
    expect(pageMarkdown(page)).toBe(
      [
        '# a & b',
        String.raw`x\_y \*z\* \<b\> ` + '`a|b <c> _d_`',
        `| k | v |\n| --- | --- |\n| \`a \\|\\| b\` | c\\|d |`,
        '````\necho ```\n````',
        '1. one\n2. two',
        `${'\\_'.repeat(60)}\n\n${'\\_'.repeat(60)}\n`,
      ].join('\n\n'),
    );
  });

  it('is HTML in which nothing means more than it says', () => {
    const html = pageHtml(page);
    expect(html).toContain('<title>a &amp; b</title>');
    expect(html).toContain('x_y *z* &lt;b&gt; <code>a|b &lt;c&gt; _d_</code>');
    expect(html).toContain('<pre>echo ```</pre>');
    expect(html.match(/class="line"/g)).toHaveLength(2);
    expect(html).not.toMatch(/src=|href=|url\(/);
  });
});

describe.each(SHIPPED)('the handout of %s', (name) => {
  const plan = shipped(name);

  it.each(LANGUAGES)('in %s leaves nothing open, and tells no answer but in the solution', (language) => {
    const page = handout(plan, name, language, false);
    const solution = pageMarkdown(handout(plan, name, language, true));
    const text = pageMarkdown(page);
    for (const each of [text, solution]) expect(each).not.toMatch(/(?<!\$)\{[a-z-]+\}|undefined/);
    for (const { id, texts } of FAULTS) {
      expect(text).not.toContain(`\`${id}\``);
      expect(text).not.toContain(texts[language].title);
    }
    for (const node of plan.nodes) for (const { mac } of node.interfaces) expect(text).toContain(mac);
    const exercises = text.match(/^lab break .*$/gm) ?? [];
    expect(solution.match(/^lab break .*$/gm) ?? []).toEqual(exercises);
    expect(pageHtml(page)).toContain('<svg');
  });

  it('explains every command', () => {
    const commands = plan.nodes.flatMap(nodeCommands).filter((text) => !text.startsWith('cat > '));
    expect(commands.filter((text) => explainCommand(text) === undefined)).toEqual([]);
  });
});

it('has an exercise of each difficulty for each mode', () => {
  for (const name of ['nat-inside', 'tun']) {
    const text = pageMarkdown(handout(shipped(name), name, 'en', false));
    expect(text.match(/--difficulty \w+/g)).toEqual([
      '--difficulty easy',
      '--difficulty medium',
      '--difficulty hard',
    ]);
  }
});
