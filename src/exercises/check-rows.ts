import type { Outcome } from '../proof/check.ts';
import type { Text } from './types.ts';

/** What a row of `lab check` is made of. */
export interface FoundRows {
  outcome: Outcome;
  text: { right: Text; wrong: Text };
  /** The service that it is about, where a lab has several. */
  subject: string | undefined;
  detail: string;
}

/** A sentence about what users were promised, and whether it holds. */
export interface CheckRow {
  outcome: Outcome;
  text: Text;
  subject: string | undefined;
  /** What the tool itself has to say of it. */
  details: string[];
}

const ORDER: readonly Outcome[] = ['pass', 'unknown', 'fail'];

/**
 * The sentences of a check, each about one service and said once: where several checks of `lab test` mean the same to
 * users, the worst of them decides.
 */
export function checkRows(found: readonly FoundRows[]): CheckRow[] {
  const groups = new Map<string, FoundRows[]>();
  for (const one of found) {
    const key = JSON.stringify([one.subject, one.text.right.en, one.text.wrong.en]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [worst] = group.toSorted((a, b) => ORDER.indexOf(b.outcome) - ORDER.indexOf(a.outcome));
    if (worst === undefined) return [];
    const { outcome, text, subject } = worst;
    return [
      {
        outcome,
        // What could not be measured is no accusation.
        text: outcome === 'fail' ? text.wrong : text.right,
        subject,
        details: group.map(({ detail }) => detail).filter((detail) => detail !== ''),
      },
    ];
  });
}
