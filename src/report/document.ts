import { escapeXml } from './diagram/xml.ts';
import { visible } from '../terminal/visible.ts';

/** A part of a printed page, whatever it is written in. Texts may have `code` in backquotes. */
export type DocumentBlock =
  | { kind: 'heading'; level: 1 | 2 | 3; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'quote'; text: string }
  | { kind: 'list'; items: readonly string[]; numbered?: boolean }
  | { kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[] }
  | { kind: 'code'; text: string }
  /** A drawing, and the same as text where there are no drawings. */
  | { kind: 'picture'; svg: string; text: string }
  /** Lines to write on. */
  | { kind: 'space'; lines: number };

export interface Page {
  title: string;
  language: string;
  blocks: readonly DocumentBlock[];
}

/** The page as Markdown. */
export function pageMarkdown({ blocks }: Page): string {
  return `${blocks.map(blockMarkdown).join('\n\n')}\n`;
}

function blockMarkdown(block: DocumentBlock): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${plain(block.text)}`;
    case 'text':
      return plain(block.text);
    case 'quote':
      return `> ${plain(block.text)}`;
    case 'list':
      return block.items
        .map((item, i) => `${block.numbered === true ? `${i + 1}.` : '-'} ${plain(item)}`)
        .join('\n');
    case 'table':
      return [row(block.head), `| ${block.head.map(() => '---').join(' | ')} |`, ...block.rows.map(row)].join(
        '\n',
      );
    case 'code':
      return fenced(block.text);
    case 'picture':
      return fenced(block.text.trimEnd());
    case 'space':
      return Array.from({ length: block.lines }, () => '\\_'.repeat(60)).join('\n\n');
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Between fences longer than any in the text, so that the text cannot end it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${visible(text)}\n${fence}`;
}

/** What Markdown would take for its own, outside of `code`. */
function plain(text: string): string {
  return visible(text)
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[\\*_<>[\]]/g, String.raw`\$&`)))
    .join('')
    .replaceAll(/\s+/g, ' ');
}

/** The page as one HTML file that needs no other, and prints well on A4. */
export function pageHtml({ title, language, blocks }: Page): string {
  return `<!doctype html>
<html lang="${escapeXml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>
${STYLE}</style>
</head>
<body>
${blocks.map(blockHtml).join('\n')}
</body>
</html>
`;
}

const STYLE = `@page { size: A4; margin: 16mm 17mm; }
:root { color-scheme: light; }
body { font: 10.5pt/1.45 system-ui, 'Liberation Sans', 'DejaVu Sans', sans-serif; color: #1a1a1a; background: #fff; max-width: 180mm; margin: 0 auto; padding: 6mm; }
@media print { body { padding: 0; max-width: none; } }
h1 { font-size: 19pt; line-height: 1.2; margin: 0 0 4mm; }
h2 { font-size: 13pt; margin: 7mm 0 2mm; border-bottom: 0.3mm solid #bbb; padding-bottom: 1mm; }
h3 { font-size: 11pt; margin: 5mm 0 1.5mm; }
h1, h2, h3 { break-after: avoid; }
p, ul, ol { margin: 0 0 2.5mm; }
li { margin-bottom: 1mm; }
code, pre { font-family: 'DejaVu Sans Mono', 'Liberation Mono', monospace; font-size: 8.5pt; }
code { background: #f2f2f2; padding: 0 0.8mm; border-radius: 0.6mm; overflow-wrap: anywhere; }
pre { background: #f6f6f6; border: 0.2mm solid #ddd; padding: 2.5mm; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 3mm; }
table { border-collapse: collapse; width: calc(100% - 0.5mm); margin: 0 0 4mm; font-size: 9.5pt; }
th, td { border: 0.2mm solid #bbb; padding: 1.2mm 2mm; text-align: left; vertical-align: top; }
th { background: #f0f0f0; }
thead { display: table-header-group; }
tr, pre, blockquote, figure, li { break-inside: avoid; }
blockquote { margin: 0 0 3mm; padding: 1mm 4mm; border-left: 1mm solid #999; font-style: italic; }
figure { margin: 0 0 4mm; text-align: center; }
figure svg { max-width: 100%; max-height: 120mm; height: auto; }
.space { margin: 0 0 5mm; break-before: avoid; break-inside: avoid; }
.line { border-bottom: 0.2mm solid #999; height: 7mm; }
code span { white-space: nowrap; }
`;

function blockHtml(block: DocumentBlock): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${inline(block.text)}</h${block.level}>`;
    case 'text':
      return `<p>${inline(block.text)}</p>`;
    case 'quote':
      return `<blockquote><p>${inline(block.text)}</p></blockquote>`;
    case 'list': {
      const name = block.numbered === true ? 'ol' : 'ul';
      return `<${name}>${block.items.map((item) => `<li>${inline(item)}</li>`).join('')}</${name}>`;
    }
    case 'table':
      return `<table><thead><tr>${cells('th', block.head)}</tr></thead><tbody>${block.rows
        .map((r) => `<tr>${cells('td', r)}</tr>`)
        .join('')}</tbody></table>`;
    case 'code':
      return `<pre>${escapeXml(block.text)}</pre>`;
    case 'picture':
      return `<figure>${block.svg.replace(/^<\?xml[^>]*\?>\s*/, '')}</figure>`;
    case 'space':
      return `<div class="space">${'<div class="line"></div>'.repeat(block.lines)}</div>`;
  }
}

function cells(name: string, texts: readonly string[]): string {
  return texts.map((text) => `<${name}>${inline(text)}</${name}>`).join('');
}

function inline(text: string): string {
  return text
    .split(/`([^`]*)`/)
    .map((part, index) => (index % 2 === 1 ? `<code>${words(part)}</code>` : escapeXml(part)))
    .join('');
}

/** A line of a command breaks between words, not behind the dash of an option. */
function words(command: string): string {
  return command
    .split(' ')
    .map((word) => (/^-/.test(word) ? `<span>${escapeXml(word)}</span>` : escapeXml(word)))
    .join(' ');
}
