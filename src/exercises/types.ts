import * as z from 'zod/mini';
import { MODES } from '../topology/types.ts';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

const textSchema = z.readonly(z.object({ en: z.string(), de: z.string() }));
/** The same in every language. */
export type Text = z.infer<typeof textSchema>;

export const DIFFICULTIES = ['easy', 'medium', 'hard'] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];

const shellStepSchema = z.object({ on: z.string(), run: z.string() });
const shellStepsSchema = z.readonly(z.array(shellStepSchema));
/**
 * Shell lines to be run on a node. In both, `{server}` and the like stand for what a lab has in that part: see
 * `castFor`. On `{servers}` it is run on each of them.
 */
export type ShellStep = z.infer<typeof shellStepSchema>;

const conditionSchema = z.object({
  ...shellStepSchema.shape,
  /** What the user sees of it where it holds, and where it does not. */
  right: textSchema,
  wrong: textSchema,
});
/** What must hold beside the checks of `lab test`: shell lines that end with 0 where it does. */
export type Condition = z.infer<typeof conditionSchema>;

const wrongFixSchema = z.object({ what: z.string(), shellSteps: shellStepsSchema });
/** A fix that takes the symptom away, or seems to, and is none. */
export type WrongFix = z.infer<typeof wrongFixSchema>;

const faultTextsSchema = z.object({
  title: z.string(),
  /** As a user would complain: the symptom, not the cause. */
  story: z.string(),
  teaches: z.string(),
  /** What tells this fault from others: a row of `lab test`, a packet, a command's output. */
  symptom: z.exactOptional(z.string()),
  /** From a nudge to all but the answer. */
  hints: z.readonly(z.array(z.string())),
  /** What was broken, and why that does what was seen. */
  answer: z.string(),
});
export type FaultTexts = z.infer<typeof faultTextsSchema>;

export const faultSchema = z.object({
  id: z.string(),
  difficulty: z.enum(DIFFICULTIES),
  /** None: any lab that has what is named will do. */
  modes: z.readonly(z.array(z.enum(MODES))),
  /** What the lab must have beside what the shell steps name. */
  parts: z.exactOptional(z.readonly(z.array(z.string()))),
  inject: shellStepsSchema,
  fix: shellStepsSchema,
  wrong: z.exactOptional(wrongFixSchema),
  conditions: z.exactOptional(z.readonly(z.array(conditionSchema))),
  /** Whether the checks of `lab test` count; where they do not, the conditions alone do. Default: they do. */
  tested: z.exactOptional(z.boolean()),
  texts: z.readonly(z.object({ en: faultTextsSchema, de: faultTextsSchema })),
});
/**
 * Something to break and to fix: data alone, so that one that comes with the tool and one from a trainer's file are the
 * same. It fits a lab that has every part which it names.
 */
export type Fault = z.infer<typeof faultSchema>;
