import type { Problem } from '../errors.ts';
import type { Entry, Tree } from '../topology/reading/positions.ts';

/*
 * Until version 2 of exercise files and of their records, a fix was called a mend, and other things other names. The
 * version after this one no longer reads that.
 */

/** The key of version 1, and what it is called now. */
const [OLD_KEY, KEY] = ['mend', 'fix'] as const;

/**
 * An exercise file with the keys of today.
 * @returns `notes`: where an old one stands, and what to write there
 */
export function withTodaysKeys(tree: Tree): { tree: Tree; notes: Problem[] } {
  if (tree.kind !== 'map' || tree.entries.has(KEY)) return { tree, notes: [] };
  const old = tree.entries.get(OLD_KEY);
  if (old === undefined) return { tree, notes: [] };
  const entries = [...tree.entries].map(([key, entry]): [string, Entry] => [
    key === OLD_KEY ? KEY : key,
    entry,
  ]);
  const note = {
    ...old.keyAt,
    message: `"${OLD_KEY}" is now called "${KEY}"; the next version of this tool does not read it`,
    fix: `write \`${KEY}:\`, and \`exercise: 2\` at the top`,
  };
  return { tree: { ...tree, entries: new Map(entries) }, notes: [note] };
}

/** Keys of version 1 of the record, and what they are called now. */
const RECORD_KEYS = new Map<string, string>([
  [OLD_KEY, KEY],
  ['mended', 'fixed'],
  ['cast', 'bindings'],
  ['deeds', 'shellSteps'],
]);

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      RECORD_KEYS.get(key) ?? key,
      key === 'how' && one === 'mended' ? 'fixed' : renamed(one),
    ]),
  );
}

/** The record of a lab's exercises as it is written today, of one of version 1; every other value as it is. */
export function recordOfToday(value: unknown): unknown {
  if (!isPlain(value) || value['version'] !== 1) return value;
  return { ...value, version: 2, exercises: renamed(value['exercises']) };
}
