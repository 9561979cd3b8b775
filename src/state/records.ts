import type * as z from 'zod/mini';
import { EXIT, LabError } from '../errors.ts';

/**
 * Reads a record that was written as JSON. It may be of another version, of another user's making, or from a damaged
 * disk: nothing of it is believed before it fits.
 * @param what it is, for messages: `the record of lab nat`
 * @param mend what can be done where it does not fit
 * @returns what was written, keys that this version does not know included
 * @throws LabError labFailed with the place that does not fit
 */
export function parseRecord<T>(text: string, schema: z.ZodMiniType<T>, what: string, mend: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LabError(EXIT.labFailed, `${what} is damaged: ${(error as Error).message}`, {
      mend,
      cause: error,
    });
  }
  const { success, error } = schema.safeParse(value);
  if (success) return value as T;
  const [issue] = error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'its beginning' : issue.path.join('.');
  throw new LabError(EXIT.labFailed, `${what} is damaged, or of another version of this tool: see ${place}`, {
    mend,
    cause: error,
  });
}
