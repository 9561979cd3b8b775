import { findEndpoint } from '../docker/endpoint.ts';
import { connectEngine } from '../docker/engine.ts';
import {
  ensureNodeImage,
  exportNodeImage,
  hasNodeImage,
  importNodeImage,
  nodeImage,
} from '../docker/image.ts';
import type { Progress } from '../report/progress.ts';
import { expectPlaceFor, writeWhole } from './output-file.ts';

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
  await expectPlaceFor(file);
  await writeWhole(await exportNodeImage(docker), file);
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
