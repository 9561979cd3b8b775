import type { Command } from '../plan/command.ts';

/** In the order in which they are brought about: what stands below may need what stands above. */
export const FACT_KINDS = [
  'link',
  'sysctl',
  'link quality',
  'address',
  'route',
  'tunnel port',
  'rule',
  'mark',
  'filter',
  'neighbour',
  'service',
  'real server',
  'timeouts',
  'file',
  'certificate',
  'daemon',
  'sync daemon',
  // Of the tool itself: what a command that has ended left on the node.
  'leftover',
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

/** Something that a node has, or by its plan should have. */
export interface Fact {
  kind: FactKind;
  /** Tells it from others of its kind: `203.0.113.100/32 on eth0`. */
  name: string;
  /** What else there is to say of it, by name. */
  attributes: Record<string, string>;
}

/** A fact that the plan demands, and how it is brought about; the commands may be run where it is there already. */
export interface PlannedFact extends Fact {
  /** It may be there or not: a daemon decides. Where it is there, it is as stated. */
  optional?: true;
  put: Command[];
  /** A program on the node decides about these of its attributes. */
  managed?: string[];
}

/** A fact found on a node. */
export interface FoundFact extends Fact {
  /** Attributes that count only where the plan states them. */
  incidental?: string[];
  /** Nothing the plan would have to know of: a node has it by itself. */
  expected?: true;
  remove: Command[];
}

/** What was found on a node. */
export interface Found {
  facts: FoundFact[];
  /** Kinds that could not be read there, each with the reason: of these nothing can be said. */
  unread: { kinds: FactKind[]; why: string }[];
}
