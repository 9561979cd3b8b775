import type { FoundFact } from './facts.ts';
import type { Qdisc } from './found-quality.ts';
import { markName } from './fact-names.ts';

/** A row of `tc -json filter show dev … ingress`: a rule, where it has options. */
interface Filter {
  pref: number;
  kind: string;
  options?: {
    keys?: Record<string, string | number>;
    actions?: { kind: string; mark?: number }[];
  };
}

/** The rules by which packets that come in by a device are marked, or whatever else is done with them there. */
export function markFacts(device: string, text: string): FoundFact[] {
  const filters = text.trim() === '' ? [] : (JSON.parse(text) as Filter[]);
  return filters.flatMap(({ pref, kind, options }): FoundFact[] => {
    if (options === undefined) return [];
    const { keys = {}, actions = [] } = options;
    const done = actions.map((a) => `${a.kind}${a.mark === undefined ? '' : ` mark ${a.mark}`}`);
    return [
      {
        // What sets no mark does something else with packets: drops them, for one.
        kind: actions.length > 0 && actions.every((a) => a.mark === undefined) ? 'filter' : 'mark',
        name: markName(device, pref),
        attributes: {
          ...(kind === 'flower' ? {} : { classifier: kind }),
          ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, String(value)])),
          action: done.length === 0 ? 'none' : done.join(', '),
        },
        remove: [{ argv: ['tc', 'filter', 'del', 'dev', device, 'ingress', 'pref', String(pref)] }],
      },
    ];
  });
}

/** Hooks for rules, on devices for which the plan has none: they go with all that hangs on them. */
export function hookFacts(qdiscs: Qdisc[], planned: string[]): FoundFact[] {
  return qdiscs.flatMap(({ kind, dev }): FoundFact[] =>
    (kind === 'clsact' || kind === 'ingress') && !planned.includes(dev)
      ? [
          {
            kind: 'filter',
            name: `${dev} ${kind}`,
            attributes: {},
            remove: [{ argv: ['tc', 'qdisc', 'del', 'dev', dev, kind] }],
          },
        ]
      : [],
  );
}
