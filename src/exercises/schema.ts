import * as z from 'zod';
import { DIFFICULTIES } from './types.ts';

/** The versions of the exercise file's format that this release reads; the last is the one to write. */
export const EXERCISE_VERSIONS = [1, 2] as const;

const words = z.string().min(1);

const text = z
  .union([words, z.strictObject({ en: words, de: words })])
  .describe('A text, or one in each language: { en: …, de: … }.');

const shellSteps = z
  .record(z.string(), words)
  .describe(
    'For each node the shell lines to run on it, in this order. In braces stand parts of the lab: {server}, {vip} …',
  );

const conditionSchema = z.strictObject({
  on: words.describe('The node that is asked.'),
  run: words.describe('Shell lines that end with exit code 0 where all is well.'),
  right: text,
  wrong: text,
});

const wrongSchema = z.strictObject({
  what: words.describe('What it does, in a few words.'),
  run: shellSteps,
});

/** A trainer's exercise, in a file of its own. */
export const exerciseFileSchema = z.strictObject({
  exercise: z.literal(EXERCISE_VERSIONS).describe('Version of the format.'),
  topology: words
    .optional()
    .describe('The topology that it is for: one that comes with the tool, or a file beside this one.'),
  difficulty: z.enum(DIFFICULTIES).default('medium'),
  title: text.describe('What is broken. Students see it only in the end.'),
  story: text.describe('The complaint of a user: the symptom, not the cause.'),
  teaches: text,
  symptom: text
    .optional()
    .describe('What tells this fault from others: what to look at, and what is seen there. Told in the end.'),
  hints: z.array(text).min(1).describe('From a nudge to all but the answer.'),
  answer: text.describe('What was broken, and why that does what was seen.'),
  break: shellSteps,
  fix: shellSteps,
  wrong: wrongSchema
    .optional()
    .describe('A fix that is none: lab check must not pass after it. For the trainer’s own trials.'),
  checks: z
    .array(conditionSchema)
    .default([])
    .describe('What must hold in the end beside the promises that lab test looks at.'),
  test: z
    .boolean()
    .default(true)
    .describe('Whether every check of lab test must be green; otherwise `checks` alone decide.'),
});

export type ExerciseFile = z.infer<typeof exerciseFileSchema>;

/** The schema for editors. */
export function exerciseJsonSchema(): object {
  return {
    title: 'lvslab exercise',
    ...z.toJSONSchema(exerciseFileSchema, { target: 'draft-7', io: 'input' }),
  };
}
