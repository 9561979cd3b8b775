import randexp from 'randexp';

// The package exports the class itself; its types say that it were a module with a default.
const RandExp = randexp as unknown as typeof randexp.default;

/** A regular expression apart from the flags that may stand before it. */
function parts(text: string): { flags: string; rest: string } {
  const [opening = '', flags = ''] = /^\(\?([a-z]+)\)/.exec(text) ?? [];
  return { flags, rest: text.slice(opening.length) };
}

/** Whether a text is a regular expression: the checking programs match by it (PCRE and Perl). */
export function isPattern(text: string): boolean {
  return read(parts(text).rest, '') !== undefined;
}

/** As JavaScript reads it; undefined where it cannot, or would take it for something else. */
function readPattern(text: string): RegExp | undefined {
  const { flags, rest } = parts(text);
  return /^[ims]*$/.test(flags) ? read(rest, flags) : undefined;
}

function read(text: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(text, flags);
  } catch {
    return undefined;
  }
}

/**
 * A text that every one of some patterns matches: the given one where it does, else with what they want added, else
 * that alone. The same patterns give the same text.
 * @returns undefined where none was found
 */
export function textMatching(patterns: string[], given: string): string | undefined {
  const wanted = patterns.map(readPattern).filter((pattern) => pattern !== undefined);
  if (wanted.length < patterns.length) return undefined;
  const texts = [...new Set(wanted.filter((pattern) => !pattern.test(given)).map(shortest))].filter(isPlain);
  // Last without a line break: what ends in `$` may allow none behind it.
  const candidates = [
    given,
    [...(given === '' ? [] : [given.trimEnd()]), ...texts, ''].join('\n'),
    [...texts, ''].join('\n'),
    texts.join('\n'),
    ...texts,
  ];
  return candidates.find((text) => text.trim() !== '' && wanted.every((pattern) => pattern.test(text)));
}

/** By the first of each choice, and by as few repetitions as may be. */
function shortest(pattern: RegExp): string {
  const generator = new RandExp(pattern);
  generator.randInt = (least) => least;
  return generator.gen();
}

/** What can be written into a file as it is. */
export function isPlain(text: string): boolean {
  return !/[\p{Cc}\p{Surrogate}]/u.test(text);
}
