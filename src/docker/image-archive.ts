import { createReadStream } from 'node:fs';
import * as z from 'zod/mini';
import { EXIT, LabError } from '../errors.ts';
import { ELF_MACHINES, PROCESSORS, processorText, type Processor } from '../host/processor.ts';
import { labProcessor } from './engine.ts';
import { follow } from './follow.ts';
import {
  foreignProcessor,
  hasNodeImage,
  nodeImage,
  nodeImageOn,
  removeForeignImage,
  type ImageEngine,
} from './image.ts';
import { firstProgramIn, readFromTar } from './tar-files.ts';

/**
 * Streams the image as `docker save` does, for an engine without a network.
 * @throws LabError badInput where the engine does not have it yet; machineCannot where what it has is for another
 *   processor
 */
export async function exportNodeImage(engine: ImageEngine): Promise<NodeJS.ReadableStream> {
  const name = nodeImageOn(engine);
  if (!(await hasNodeImage(engine)))
    throw new LabError(EXIT.badInput, `the engine does not have ${name} yet`, {
      fix: 'make it first: lab image build',
    });
  return engine.docker.getImage(name).get();
}

/**
 * Gives an engine an image from a file that `lab image export` wrote. What is in the file is looked at first: an engine
 * that is not given the image is left as it was.
 * @throws LabError badInput where the file holds another one, none, or one for another processor; machineCannot where
 *   labs do not run on the engine's
 */
export async function importNodeImage(engine: ImageEngine, file: string): Promise<void> {
  const { docker } = engine;
  await assertArchive(engine, file);
  await removeForeignImage(engine);
  try {
    await new Promise((resolve, reject) => {
      createReadStream(file)
        .once('error', reject)
        .once('open', function (this: NodeJS.ReadableStream) {
          docker
            .loadImage(this)
            .then((stream) => follow(docker, stream))
            .then(resolve, reject);
        });
    });
  } catch (error) {
    throw cannotImport(file, error);
  }
  // Should the engine have read another part of the file than was looked at here.
  await removeForeignImage(engine);
  if (!(await hasNodeImage(engine))) throw holdsAnother(file, nodeImageOn(engine));
}

function cannotImport(file: string, error: unknown): LabError {
  return new LabError(EXIT.badInput, `cannot import ${file}: ${(error as Error).message}`, { cause: error });
}

function holdsAnother(file: string, name: string): LabError {
  return new LabError(
    EXIT.badInput,
    `${file} does not hold just ${name}, the image that this version of the tool needs`,
    { fix: 'export it anew with the same version: lab image export FILE' },
  );
}

/** What `docker save` writes into `manifest.json`; Podman does so, too. */
const manifestSchema = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z.nullable(z.array(z.string())),
    Layers: z.nullish(z.array(z.string())),
  }),
);

/** An image's configuration, as far as it says what the programs in it are for. */
const configSchema = z.object({
  architecture: z.optional(z.string()),
  config: z.nullish(z.object({ Labels: z.nullish(z.record(z.string(), z.string())) })),
});

async function assertArchive(engine: ImageEngine, file: string): Promise<void> {
  const wanted = labProcessor(engine);
  const name = nodeImage(wanted);
  const manifest = await readJson(file, 'manifest.json', manifestSchema);
  const [image] = manifest ?? [];
  const [tag = ''] = image?.RepoTags ?? [];
  if (image === undefined || manifest?.length !== 1 || image.RepoTags?.length !== 1)
    throw holdsAnother(file, name);
  const known = PROCESSORS.find((processor) => nodeImage(processor) === shortName(tag));
  const config = await readJson(file, image.Config, configSchema);
  if (known === undefined || config === undefined) throw holdsAnother(file, name);
  const foreign =
    known === wanted
      ? (foreignProcessor(config.architecture, config.config?.Labels, wanted) ??
        (await foreignPrograms(file, image.Layers ?? [], wanted)))
      : processorText(known);
  if (foreign !== undefined) throw isForeign(file, foreign, engine, wanted);
}

/**
 * What the programs of an image are for, where that is another processor than is wanted; undefined where it is not, or
 * cannot be told. An image that was imported without our label says what the engine is that imported it.
 * @param layers names of them in the file
 */
async function foreignPrograms(
  file: string,
  layers: string[],
  wanted: Processor,
): Promise<string | undefined> {
  for (const layer of layers) {
    const machine = await reading(file, () => firstProgramIn(file, layer));
    if (machine === undefined) continue;
    const found = PROCESSORS.find((processor) => ELF_MACHINES[processor] === machine);
    if (found === wanted) return undefined;
    return found === undefined
      ? `another processor (number ${machine} in ELF headers)`
      : processorText(found);
  }
  return undefined;
}

function isForeign(file: string, foreign: string, { url }: ImageEngine, wanted: Processor): LabError {
  const text = processorText(wanted);
  return new LabError(
    EXIT.badInput,
    `${file} holds the image of a node for ${foreign}, and the Docker engine at ${url} runs on ${text}`,
    {
      fix: `export it from an engine on ${text} (lab image export FILE), or let this one make its own: lab image build`,
    },
  );
}

/** Podman writes names in full. */
function shortName(tag: string): string {
  return tag.replace(/^(docker\.io\/library|localhost)\//, '');
}

/** @returns undefined where there is no such file in the archive, or not of that form */
async function readJson<T>(archive: string, name: string, schema: z.ZodMiniType<T>): Promise<T | undefined> {
  const text = (await reading(archive, () => readFromTar(archive, name)))?.toString();
  try {
    return schema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

async function reading<T>(archive: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw cannotImport(archive, error);
  }
}
