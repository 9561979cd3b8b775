import { EXIT, LabError } from '../errors.ts';
import { NAME_LIMITS, NAME_PATTERN } from '../topology/names.ts';

const NAME = new RegExp(NAME_PATTERN);

/** Whether a lab or a class can be called this: then it is one path segment, and no other file's name. */
export function isLabName(text: string): boolean {
  return text.length <= NAME_LIMITS.lab && NAME.test(text);
}

/**
 * Refuses what is no name. Every path that is made of a name goes through here, wherever the name comes from: the command
 * line, the label of a container, a record.
 * @param what it is to be the name of
 * @throws LabError badInput
 */
export function assertLabName(text: string, what: 'lab' | 'class' = 'lab'): void {
  if (isLabName(text)) return;
  throw new LabError(
    EXIT.badInput,
    text === '' ? `the name of the ${what} is empty` : `${JSON.stringify(text)} cannot be a ${what}'s name`,
    {
      fix:
        text === ''
          ? `name the ${what}; in a script, a variable may not be set`
          : `lower-case letters, digits and dashes, a letter first, at most ${NAME_LIMITS.lab} characters`,
    },
  );
}
