import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cannotWrite } from '../errors.ts';
import { writeNamedFile } from '../host/named-file.ts';

/**
 * Writes a report, and the folder that it is to be in.
 * @throws LabError badInput
 */
export async function writeReport(file: string, text: string): Promise<void> {
  await orSay(file, () => mkdir(dirname(file), { recursive: true }));
  await writeNamedFile(file, text);
}

/** Adds to a file that somebody else reads. @throws LabError badInput */
export async function appendTo(file: string, text: string): Promise<void> {
  await orSay(file, () => appendFile(file, text));
}

async function orSay(file: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw cannotWrite(file, error);
  }
}
