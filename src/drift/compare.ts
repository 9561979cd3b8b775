import type { Command } from '../plan/command.ts';
import { FACT_KINDS, type FactKind, type Found, type FoundFact, type PlannedFact } from './facts.ts';

export interface Difference {
  kind: FactKind;
  name: string;
  /** Planned and not there; there, but not as planned; there, and not planned. */
  state: 'missing' | 'changed' | 'extra';
  /** For what is changed: every attribute that is; a side that has none of it is undefined. */
  changes: { attribute: string; planned: string | undefined; found: string | undefined }[];
  /** Commands on the node that put the plan back. */
  fix: Command[];
}

/** What a node has that its plan does not say, and the other way round, causes before what follows from them. */
export function compare(planned: PlannedFact[], found: Found): Difference[] {
  const unread = new Set(found.unread.flatMap(({ kinds }) => kinds));
  const there = new Map(found.facts.map((fact) => [key(fact), fact]));
  const wanted = new Set(planned.map(key));
  const differences = [
    ...planned
      .filter((fact) => !unread.has(fact.kind))
      .flatMap((fact) => {
        const actual = there.get(key(fact));
        if (actual === undefined)
          return fact.optional === true ? [] : [difference(fact, 'missing', fact.put)];
        const changes = changesOf(fact, actual);
        // What is there already is not added but edited.
        const edit = fact.put.map((c): Command => (c.otherwise === undefined ? c : { argv: c.otherwise }));
        return changes.length === 0 ? [] : [{ ...difference(fact, 'changed', edit), changes }];
      }),
    ...[...there.values()]
      .filter((fact) => fact.expected !== true && !wanted.has(key(fact)))
      .map((fact) => difference(fact, 'extra', fact.remove)),
  ];
  return withoutConsequences(differences).sort(
    (a, b) => FACT_KINDS.indexOf(a.kind) - FACT_KINDS.indexOf(b.kind),
  );
}

function key({ kind, name }: { kind: FactKind; name: string }): string {
  return `${kind} ${name}`;
}

function difference(
  { kind, name }: { kind: FactKind; name: string },
  state: Difference['state'],
  fix: Command[],
): Difference {
  return { kind, name, state, changes: [], fix };
}

function changesOf(planned: PlannedFact, found: FoundFact): Difference['changes'] {
  const names = new Set([
    ...Object.keys(planned.attributes),
    ...Object.keys(found.attributes).filter((name) => found.incidental?.includes(name) !== true),
  ]);
  return [...names].flatMap((attribute) => {
    if (planned.managed?.includes(attribute) === true) return [];
    const [was, is] = [planned.attributes[attribute], found.attributes[attribute]];
    return was === is ? [] : [{ attribute, planned: was, found: is }];
  });
}

const FORWARDING: Record<string, RegExp> = {
  'net.ipv4.ip_forward': /^net\.ipv4\.conf\.[^.]+\.forwarding$|^net\.ipv4\.conf\.all\.accept_redirects$/,
  'net.ipv6.conf.all.forwarding': /^net\.ipv6\.conf\.(?!all\.)[^.]+\.forwarding$/,
};

/** Turning forwarding on or off sets others with it, which are set back with it. */
function withoutConsequences(differences: Difference[]): Difference[] {
  const causes = Object.entries(FORWARDING).filter(([name]) =>
    differences.some((d) => d.kind === 'sysctl' && d.name === name),
  );
  return differences.filter(
    (d) => d.kind !== 'sysctl' || !causes.some(([, consequence]) => consequence.test(d.name)),
  );
}

/** The commands that put a node back: first what is too much goes, what was added last before the rest. */
export function fixCommands(differences: Difference[]): Command[] {
  const order = (d: Difference) => FACT_KINDS.indexOf(d.kind);
  const extra = differences.filter((d) => d.state === 'extra');
  const wanted = differences.filter((d) => d.state !== 'extra');
  const commands = [
    ...extra.sort((a, b) => order(b) - order(a)),
    ...wanted.sort((a, b) => order(a) - order(b)),
  ].flatMap((d) => d.fix);
  // A tunnel's device and port are one step; a daemon reads its files when all of them are as they should be.
  const texts = commands.map((command) => JSON.stringify(command));
  return commands.filter((_, index) => texts.lastIndexOf(texts[index] ?? '') === index);
}
