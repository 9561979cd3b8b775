import randexp from 'randexp';

// The package exports the class itself; its types say that it were a module with a default.
const RandExp = randexp as unknown as typeof randexp.default;

/**
 * A regular expression as the checking programs take it (PCRE and Perl). What opens with flags, JavaScript reads
 * without them.
 * @returns undefined where it is none, or says something that JavaScript cannot
 */
export function readPattern(text: string): RegExp | undefined {
  const [opening = '', flags = ''] = /^\(\?([a-z]+)\)/.exec(text) ?? [];
  try {
    return new RegExp(text.slice(opening.length), flags.replaceAll(/[^ims]/g, ''));
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
  const read = patterns.map(readPattern);
  if (read.includes(undefined)) return undefined;
  const wanted = read.filter((pattern) => pattern !== undefined);
  const texts = [...new Set(wanted.filter((pattern) => !pattern.test(given)).map(shortest))].filter(isPlain);
  // Last without a line break: what ends in `$` may allow none behind it.
  const candidates = [
    given,
    [given.trimEnd(), ...texts, ''].join('\n'),
    [...texts, ''].join('\n'),
    texts.join('\n'),
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
function isPlain(text: string): boolean {
  return !/[\p{Cc}\p{Surrogate}]/u.test(text);
}
