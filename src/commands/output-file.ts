import { constants, createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EXIT, LabError, cannotWrite } from '../errors.ts';

/**
 * Finds out, before what is to be written takes its time to make, whether it can be.
 * @param file `-`: standard output
 * @throws LabError badInput where that is a terminal, or there is no folder for the file
 */
export async function expectPlaceFor(file: string): Promise<void> {
  if (file !== '-')
    try {
      await access(dirname(resolve(file)), constants.W_OK);
    } catch (error) {
      throw cannotWrite(file, error);
    }
  else if (process.stdout.isTTY)
    throw new LabError(EXIT.badInput, 'what comes is binary, and this is a terminal', {
      mend: "name a file in the place of '-'",
    });
}

/**
 * Writes a file, whole or not at all.
 * @param file `-`: standard output
 * @throws LabError badInput where it cannot be written
 */
export async function writeWhole(stream: NodeJS.ReadableStream, file: string): Promise<void> {
  if (file === '-') {
    await pipeline(stream, process.stdout, { end: false });
    return;
  }
  const unfinished = `${file}.part`;
  try {
    await pipeline(stream, createWriteStream(unfinished));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw cannotWrite(file, error);
  }
}
