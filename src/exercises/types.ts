import type { Mode } from '../topology/types.ts';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];
/** The same in every language. */
export type Text = Readonly<Record<Language, string>>;

export const DIFFICULTIES = ['easy', 'medium', 'hard'] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];

/**
 * Shell lines to be run on a node. In both, `{server}` and the like stand for what a lab has in that part: see
 * `castFor`. On `{servers}` it is run on each of them.
 */
export interface Deed {
  on: string;
  run: string;
}

/** What must hold beside the checks of `lab test`: shell lines that end with 0 where it does. */
export interface Condition extends Deed {
  /** What the user sees of it where it holds, and where it does not. */
  right: Text;
  wrong: Text;
}

/** A mend that takes the symptom away, or seems to, and is none. */
export interface WrongMend {
  what: string;
  deeds: readonly Deed[];
}

export interface FaultTexts {
  title: string;
  /** As a user would complain: the symptom, not the cause. */
  story: string;
  teaches: string;
  /** From a nudge to all but the answer. */
  hints: readonly string[];
  /** What was broken, and why that does what was seen. */
  answer: string;
}

/**
 * Something to break and to mend: data alone, so that one that comes with the tool and one from a trainer's file are the
 * same. It fits a lab that has every part which it names.
 */
export interface Fault {
  id: string;
  difficulty: Difficulty;
  /** None: any lab that has what is named will do. */
  modes: readonly Mode[];
  /** What the lab must have beside what the deeds name. */
  parts?: readonly string[];
  inject: readonly Deed[];
  mend: readonly Deed[];
  wrong?: WrongMend;
  conditions?: readonly Condition[];
  /** Whether the checks of `lab test` count; where they do not, the conditions alone do. Default: they do. */
  tested?: boolean;
  texts: Readonly<Record<Language, FaultTexts>>;
}
