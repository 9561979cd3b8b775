/** A part of keepalived's configuration: a line, or a heading with more in braces. */
export type Part = string | { heading: string; inner: Part[] };

/** A heading with more in braces. */
export function configBlock(heading: string, ...inner: Part[]): Part {
  return { heading, inner };
}

/**
 * A configuration file of keepalived (keepalived.conf(5)).
 * @param comment its first line
 */
export function keepalivedConfig(comment: string, parts: Part[]): string {
  return [`# ${comment}`, ...parts.flatMap((part) => rows(part, '')), ''].join('\n');
}

function rows(part: Part, indent: string): string[] {
  if (typeof part === 'string') return [`${indent}${part}`];
  return [`${indent}${part.heading} {`, ...part.inner.flatMap((p) => rows(p, `${indent}  `)), `${indent}}`];
}
