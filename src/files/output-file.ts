import { constants, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EXIT, LabError, cannotWrite } from '../errors.ts';
import { writeNamedFile } from '../host/named-file.ts';
import { carryOut } from '../terminal/standard-output.ts';

/**
 * Finds out, before what is to be written takes its time to make, whether it can be.
 * @param file `-`: standard output
 * @throws LabError badInput where that is a terminal, or there is no folder for the file
 */
export async function expectPlaceFor(file: string): Promise<void> {
  if (file !== '-')
    try {
      // What is there already may be written where its folder may not.
      const there = statSync(file, { throwIfNoEntry: false });
      await access(there === undefined ? dirname(resolve(file)) : file, constants.W_OK);
    } catch (error) {
      throw cannotWrite(file, error);
    }
  else if (process.stdout.isTTY)
    throw new LabError(EXIT.badInput, 'what comes is binary, and this is a terminal', {
      fix: "name a file in the place of '-'",
    });
}

/**
 * Writes a file, whole or not at all.
 * @param file `-`: standard output
 * @throws LabError badInput where it cannot be written
 */
export async function writeWhole(stream: NodeJS.ReadableStream, file: string): Promise<void> {
  if (file === '-') {
    await carryOut(stream);
    return;
  }
  await writeNamedFile(file, stream as AsyncIterable<unknown> as AsyncIterable<Uint8Array>);
}
