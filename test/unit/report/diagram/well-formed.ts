/** What is wrong with a text as an XML document without a DOCTYPE; undefined where it is well-formed. */
export function xmlProblem(xml: string): string | undefined {
  const open: string[] = [];
  let roots = 0;
  let at = 0;
  while (at < xml.length) {
    if (xml[at] === '<') {
      const tag = TAG.exec(xml.slice(at));
      if (tag === null) return `no tag at ${at}: ${xml.slice(at, at + 60)}`;
      const [whole, closing = '', name = '', attributes = '', empty = ''] = tag;
      if (closing !== '') {
        if (attributes.trim() !== '' || empty !== '') return `attributes in </${name}>`;
        const opened = open.pop();
        if (opened !== name) return `</${name}> closes <${opened ?? ''}>`;
      } else {
        if (open.length === 0 && ++roots > 1) return `a second root <${name}>`;
        const names = [...attributes.matchAll(ATTRIBUTE)].map(([, key]) => key);
        if (new Set(names).size !== names.length) return `an attribute twice in <${name}>`;
        if (attributes.replaceAll(ATTRIBUTE, '').trim() !== '')
          return `bad attributes in <${name}${attributes}>`;
        if (empty === '') open.push(name);
      }
      at += whole.length;
      continue;
    }
    const end = xml.indexOf('<', at);
    const text = xml.slice(at, end === -1 ? undefined : end);
    if (open.length === 0 && text.trim() !== '') return `text outside the root: ${text}`;
    if (!TEXT.test(text)) return `bad text: ${text}`;
    at += text.length;
  }
  return open.length > 0 ? `<${open.join('> <')}> left open` : roots === 0 ? 'no root' : undefined;
}

const REFERENCE = '&(?:amp|lt|gt|quot|apos);';
const TAG = /^<(\/?)([A-Za-z][\w:.-]*)((?:\s+[^<>]*?)?)(\/?)>/;
const ATTRIBUTE = new RegExp(`\\s+([A-Za-z][\\w:.-]*)="(?:[^<>&"\\u0000-\\u001f]|${REFERENCE})*"`, 'g');
const TEXT = new RegExp(
  `^(?:[^<>&\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]|${REFERENCE})*$`,
);
