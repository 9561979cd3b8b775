import { findEndpoint } from '../docker/endpoint.ts';
import { connectEngine, labProcessor, type Engine } from '../docker/engine.ts';
import { exportNodeImage, importNodeImage } from '../docker/image-archive.ts';
import { ensureNodeImage, hasNodeImage, nodeImageOn, removeForeignImage } from '../docker/image.ts';
import { processorText, type Processor } from '../host/processor.ts';
import type { Progress } from '../terminal/progress.ts';
import { expectPlaceFor, writeWhole } from '../files/output-file.ts';

/** A node's image on an engine. */
export interface EngineImage {
  /** Its name there. */
  image: string;
  /** What the programs in it are for. */
  processor: Processor;
}

/** As a message names it: `lvslab-node:1f2e3d4c5b6a (arm64)`. */
export function engineImageText({ image, processor }: EngineImage): string {
  return `${image} (${processorText(processor)})`;
}

function imageOn(engine: Engine): EngineImage {
  return { image: nodeImageOn(engine), processor: labProcessor(engine) };
}

/** Makes a node's image on the engine at hand, where it is not there yet, or is there for another processor. */
export async function buildImage(progress: Progress): Promise<EngineImage & { already: boolean }> {
  const engine = await connectEngine(findEndpoint());
  await removeForeignImage(engine);
  const already = await hasNodeImage(engine);
  if (!already) await ensureNodeImage(engine, progress);
  return { ...imageOn(engine), already };
}

/**
 * Writes the image to a file, whole or not at all.
 * @param file `-`: standard output
 */
export async function exportImage(file: string): Promise<EngineImage> {
  const engine = await connectEngine(findEndpoint());
  await expectPlaceFor(file);
  await writeWhole(await exportNodeImage(engine), file);
  return imageOn(engine);
}

/** Gives the engine at hand the image from a file. */
export async function importImage(file: string): Promise<EngineImage> {
  const engine = await connectEngine(findEndpoint());
  await importNodeImage(engine, file);
  return imageOn(engine);
}
