import { readFileSync, statSync } from 'node:fs';
import { EXIT, LabError } from '../errors.ts';
import { LARGEST_FILE } from '../topology/reading/text.ts';

/**
 * Reads a file that the user named.
 * @param what it is to be, for the message: `a topology`
 * @throws LabError badInput where it cannot be read, or is larger than any such file
 */
export function readInput(file: string, what: string, fix?: string): Uint8Array {
  try {
    // Looked at first, so that a huge file is not read into memory to be refused.
    const { size } = statSync(file);
    if (size <= LARGEST_FILE) return readFileSync(file);
    throw new Error(`it has ${size} bytes, and ${what} has at most ${LARGEST_FILE}`);
  } catch (error) {
    throw cannotRead(file, error, fix);
  }
}

/** A file that the user named and that cannot be read. */
export function cannotRead(file: string, cause: unknown, fix?: string): LabError {
  return new LabError(EXIT.badInput, `cannot read ${file}: ${(cause as Error).message}`, {
    cause,
    ...(fix === undefined ? {} : { fix }),
  });
}
