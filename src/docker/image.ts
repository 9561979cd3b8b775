import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal } from '../host/interrupt.ts';
import { bootstrap } from '../machine/embedded/bootstrap.ts';
import { buildAlone } from '../machine/embedded/builds.ts';
import { contentKey } from '../machine/embedded/content-key.ts';
import { executionFor } from '../machine/embedded/emulation.ts';
import { buildPrograms, ensurePrograms } from '../machine/embedded/packages.ts';
import { nodeRecipe, packageList, packageMirror } from '../machine/embedded/recipe.ts';
import { processorNamed, processorText, type Processor } from '../host/processor.ts';
import { packageRoot } from '../host/paths.ts';
import { seconds, type Progress, type Task } from '../terminal/progress.ts';
import { labProcessor, type Engine } from './engine.ts';
import { engineError, engineWords, isEngineGone } from './engine-errors.ts';
import { follow } from './follow.ts';
import { LABEL } from './labels.ts';

const REPOSITORY = 'lvslab-node';
const IMAGES = join(packageRoot, 'images');
/** What the image is built from, as a build's context. */
const SOURCES = ['Dockerfile', 'packages.txt', 'node-agent', 'frame-probe'];
/** As images/Dockerfile names it. */
const BASE = 'debian:forky-slim';

/** An engine, as far as images are concerned. */
export type ImageEngine = Pick<Engine, 'docker' | 'url' | 'processor' | 'arch'>;

/** The image of a node that this version wants for a processor, named by its content: `lvslab-node:1f2e3d4c5b6a`. */
export function nodeImage(processor: Processor): string {
  return `${REPOSITORY}:${contentKey(SOURCES, nodeRecipe(processor, '', '', []))}`;
}

/**
 * The one that this version wants for an engine.
 * @throws LabError machineCannot where labs do not run on its processor
 */
export function nodeImageOn(engine: ImageEngine): string {
  return nodeImage(labProcessor(engine));
}

/**
 * Whether an engine has the image.
 * @throws LabError machineCannot where labs do not run on its processor, or the image of that name is for another
 */
export async function hasNodeImage(engine: ImageEngine): Promise<boolean> {
  const there = await lookForNodeImage(engine);
  if (there?.foreign === undefined) return there !== undefined;
  const text = processorText(labProcessor(engine));
  throw new LabError(
    EXIT.machineCannot,
    `${nodeImageOn(engine)} on the Docker engine at ${engine.url} is for ${there.foreign}, and the engine runs on ${text}: nothing in it would start`,
    { fix: `lab image build replaces it; so does lab image import, with a file from an engine on ${text}` },
  );
}

/**
 * Removes what has the image's name and is for another processor.
 * @throws LabError machineCannot where labs do not run on the engine's processor
 */
export async function removeForeignImage(engine: ImageEngine): Promise<void> {
  if ((await lookForNodeImage(engine))?.foreign === undefined) return;
  const name = nodeImageOn(engine);
  try {
    // Where containers are made of it, only the name goes.
    await engine.docker.getImage(name).remove({ force: true });
  } catch (error) {
    // Somebody was quicker, or the answer was lost that it is gone.
    if ((error as { statusCode?: number }).statusCode === 404) return;
    throw engineError(`image ${name}`, error);
  }
}

/** @returns undefined: there is none; `foreign`: what it is for, where that is not what the engine runs on */
async function lookForNodeImage(engine: ImageEngine): Promise<{ foreign: string | undefined } | undefined> {
  return lookForImage(engine, nodeImageOn(engine));
}

async function lookForImage(
  engine: ImageEngine,
  name: string,
): Promise<{ foreign: string | undefined } | undefined> {
  try {
    const { Architecture, Config } = (await engine.docker.getImage(name).inspect()) as {
      Architecture?: string;
      Config?: { Labels?: Record<string, string> | null } | null;
    };
    return { foreign: foreignProcessor(Architecture, Config?.Labels, labProcessor(engine)) };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw engineError(`image ${name}`, error);
  }
}

/**
 * What an image is for, as messages say it, where that is another processor than is wanted; undefined where it is not.
 * @param architecture of its configuration; an archive that was imported as an image has the importing engine's
 * @param labels of its configuration, of which ours tells what the programs in it are for
 */
export function foreignProcessor(
  architecture: string | undefined,
  labels: Record<string, string> | null | undefined,
  wanted: Processor,
): string | undefined {
  const other = [labels?.[LABEL.processor], architecture].find(
    (name) => name !== undefined && name !== '' && processorNamed(name) !== wanted,
  );
  if (other === undefined) return undefined;
  const known = processorNamed(other);
  return known === undefined ? other : processorText(known);
}

/**
 * Makes sure that an engine has the image: from images/Dockerfile, or where its base cannot be had or its packages not
 * be fetched, put together here from Debian packages and imported. Says which.
 * @throws LabError machineCannot where neither works, labs do not run on its processor, or what it has is for another
 */
export async function ensureNodeImage(engine: ImageEngine, progress: Progress): Promise<void> {
  if (await hasNodeImage(engine)) return;
  const name = `${nodeImageOn(engine)} (${processorText(labProcessor(engine))})`;
  const task = progress.start('node image', name);
  const began = performance.now();
  const waiting = () => {
    task.update('waiting for another build');
  };
  try {
    await buildAlone('image', waiting, async (work) => {
      if (await hasNodeImage(engine)) return;
      const why = await buildFromDockerfile(engine, task);
      if (why !== undefined) await importBootstrapped(engine, work, task, progress, why);
      const how =
        why === undefined ? 'built from images/Dockerfile' : `bootstrapped from Debian packages, as ${why}`;
      task.done(`${name} ${how} (${seconds(performance.now() - began)}, kept for next time)`);
    });
  } catch (error) {
    task.fail();
    throw error;
  }
}

/**
 * @returns why it could not be built; undefined where it was
 * @throws LabError where an image that is put together elsewhere could not be given to the engine either
 */
async function buildFromDockerfile(engine: ImageEngine, task: Task): Promise<string | undefined> {
  const { docker } = engine;
  const processor = labProcessor(engine);
  const platform = `linux/${processor}`;
  const base = await lookForImage(engine, BASE);
  if (base === undefined || base.foreign !== undefined) {
    task.update(`pulling ${BASE}`);
    try {
      await follow(docker, await docker.pull(BASE, { platform }), task);
    } catch (error) {
      return obstacle(`${BASE} could not be pulled`, error);
    }
  }
  try {
    const stream = await docker.buildImage(
      { context: IMAGES, src: SOURCES },
      {
        t: nodeImage(processor),
        rm: true,
        forcerm: true,
        platform,
        labels: { [LABEL.processor]: processor },
      },
    );
    await follow(docker, stream, task);
    return undefined;
  } catch (error) {
    return obstacle(`images/Dockerfile could not be built on ${BASE}`, error);
  }
}

/**
 * Why an image could not be had, with the cause.
 * @throws LabError where the engine is gone, refuses whatever it is asked, or has no room for any image
 */
function obstacle(what: string, error: unknown): string {
  const words = engineWords(error);
  const { statusCode } = error as { statusCode?: number };
  if (isEngineGone(error) || statusCode === 403 || /no space left on device/i.test(words))
    throw engineError(what, error);
  return `${what} (${words.trim().split('\n').at(-1)?.slice(0, 300) ?? ''})`;
}

/** What gets an engine its image where it is not put together on this host. */
const ELSEWHERE =
  'let the engine reach its registry and a Debian mirror, and it builds the image itself; or take the image of an engine on such a processor: lab image export FILE there, lab image import FILE here';

/** @param why it is not built by the engine, which a failure tells too */
async function importBootstrapped(
  engine: ImageEngine,
  work: string,
  task: Task,
  progress: Progress,
  why: string,
): Promise<void> {
  const { docker } = engine;
  const processor = labProcessor(engine);
  try {
    const mirror = packageMirror();
    const execution = await executionFor(processor, ELSEWHERE, progress);
    await ensurePrograms(buildPrograms(), progress);
    const file = join(work, 'node.tar');
    const packages = packageList(await readFile(join(IMAGES, 'packages.txt'), 'utf8'));
    const recipe = nodeRecipe(processor, file, IMAGES, packages, mirror);
    await bootstrap(recipe, { work, output: file }, task, progress, { execution });
    task.update('importing');
    const [repo, tag] = nodeImage(processor).split(':');
    const stream = await docker.importImage(createReadStream(file), {
      ...{ repo, tag, platform: `linux/${processor}` },
      changes: `LABEL ${LABEL.processor}=${processor}`,
    });
    await follow(docker, stream, task);
  } catch (error) {
    interruptSignal.throwIfAborted();
    const { exitCode, message, fix } = engineError('the image of a node', error);
    throw new LabError(exitCode, `${message}\n(it was to be bootstrapped, as ${why})`, {
      ...(fix === undefined ? {} : { fix }),
      cause: error,
    });
  }
}
