import type * as z from 'zod/mini';
import { EXIT, LabError } from '../errors.ts';

/** A record, or why it cannot be read; undefined where there is none. */
export type Looked<T> = { record: T } | { unreadable: LabError } | undefined;

/** Reads a record where one that is damaged is to be told of, and to be in the way of nothing else. */
export function lookFor<T>(read: () => T | undefined): Looked<T> {
  try {
    const record = read();
    return record === undefined ? undefined : { record };
  } catch (error) {
    if (error instanceof LabError) return { unreadable: error };
    throw error;
  }
}

/**
 * Reads a record that was written as JSON. It may be of another version, of another user's making, or from a damaged
 * disk: nothing of it is believed before it fits.
 * @param what it is, for messages: `the record of lab nat`
 * @param fix what can be done where it does not fit
 * @param ofToday makes what an earlier version wrote into what this one does
 * @returns what was written, keys that this version does not know included
 * @throws LabError labFailed with the place that does not fit
 */
export function parseRecord<T>(
  text: string,
  schema: z.ZodMiniType<T>,
  what: string,
  fix: string,
  ofToday = (value: unknown): unknown => value,
): T {
  let value: unknown;
  try {
    value = ofToday(JSON.parse(text));
  } catch (error) {
    throw new LabError(EXIT.labFailed, `${what} is damaged: ${(error as Error).message}`, {
      fix,
      cause: error,
    });
  }
  const { success, error } = schema.safeParse(value);
  if (success) return value as T;
  const [issue] = error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'its beginning' : issue.path.join('.');
  throw new LabError(EXIT.labFailed, `${what} is damaged, or of another version of this tool: see ${place}`, {
    fix,
    cause: error,
  });
}
