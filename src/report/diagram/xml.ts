import { visible } from '../../terminal/visible.ts';

/** Text as it stands in XML content or in a quoted attribute, with what does not show made visible. */
export function escapeXml(text: string): string {
  return visible(text)
    .replaceAll(NOT_XML, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}

// XML 1.0 has no way to write these, not even as a character reference (section 2.2).
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export type Attributes = Record<string, string | number | undefined>;

/** An element around children that are XML already; an attribute of undefined is left out. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}="${escapeXml(typeof value === 'number' ? number(value) : (value ?? ''))}"`,
    )
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A coordinate: tenths of a pixel are finer than any eye, and keep the same picture the same bytes. */
export function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}
