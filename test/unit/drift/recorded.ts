import { readFileSync } from 'node:fs';
import { compare, type Difference } from '../../../src/drift/compare.ts';
import { readDump } from '../../../src/drift/dump.ts';
import { foundFacts } from '../../../src/drift/found.ts';
import { plannedFacts } from '../../../src/drift/planned.ts';
import { readSettings } from '../../../src/drift/settings.ts';
import { nodeOf, shipped } from '../plan/labs.ts';

const MARKER = 'end-of';

/** A recorded node, as it was right after `up`, or with its dump changed. */
export function recorded(lab: string, name: string) {
  const plan = shipped(lab);
  const node = nodeOf(plan, name);
  const text = readFileSync(new URL(`../../fixtures/dumps/${lab}-${name}.txt`, import.meta.url), 'utf8');
  const contents = new Map(node.steps.flatMap((s) => (s.kind === 'file' ? [[s.path, s.content]] : [])));
  const settings = readSettings(readDump(text, MARKER).get('settings')?.text ?? '');
  const planned = plannedFacts(plan, node, settings);
  const foundIn = (dump: string) =>
    foundFacts(
      node,
      readDump(
        // Each stands for the content of the file whose part it is in.
        dump.replaceAll(
          /FILE(?=(?:.*\n)*?end-of \d+ file (\S+))/g,
          (_, path: string) => contents.get(path) ?? '',
        ),
        MARKER,
      ),
    );
  const look = (change: (dump: string) => string = (dump) => dump): Difference[] => {
    const changed = change(text);
    return compare(planned, foundIn(changed));
  };
  return { text, look, foundIn };
}

/** Replaces what must be there, so that a test cannot pass by changing nothing. */
export function swap(from: string | RegExp, to: string): (dump: string) => string {
  return (dump) => {
    const changed = dump.replace(from, to);
    if (changed === dump) throw new Error(`${String(from)} is not in the dump`);
    return changed;
  };
}
