import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { findEndpoint } from '../docker/endpoint.ts';
import { connectEngine } from '../docker/engine.ts';
import {
  ensureNodeImage,
  exportNodeImage,
  hasNodeImage,
  importNodeImage,
  nodeImage,
} from '../docker/image.ts';
import { EXIT, LabError } from '../errors.ts';
import type { Progress } from '../report/progress.ts';

/** Makes a node's image on the engine at hand, where it is not there yet. */
export async function buildImage(progress: Progress): Promise<{ image: string; already: boolean }> {
  const engine = await connectEngine(findEndpoint());
  const already = await hasNodeImage(engine.docker);
  if (!already) await ensureNodeImage(engine, progress);
  return { image: nodeImage(), already };
}

/**
 * Writes the image to a file, whole or not at all.
 * @param file `-`: standard output
 * @returns the image's name
 */
export async function exportImage(file: string): Promise<string> {
  const { docker } = await connectEngine(findEndpoint());
  const stream = await exportNodeImage(docker);
  if (file === '-') {
    if (process.stdout.isTTY)
      throw new LabError(EXIT.badInput, 'an image is a binary stream, and this is a terminal', {
        mend: 'send it to a file: lab image export FILE',
      });
    await pipeline(stream, process.stdout, { end: false });
    return nodeImage();
  }
  const unfinished = `${file}.part`;
  try {
    await pipeline(stream, createWriteStream(unfinished));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new LabError(EXIT.badInput, `cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
  return nodeImage();
}

/**
 * Gives the engine at hand the image from a file.
 * @returns the image's name
 */
export async function importImage(file: string): Promise<string> {
  const { docker } = await connectEngine(findEndpoint());
  await importNodeImage(docker, file);
  return nodeImage();
}
