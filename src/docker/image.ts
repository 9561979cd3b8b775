import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { bootstrap } from '../machine/embedded/bootstrap.ts';
import { buildAlone } from '../machine/embedded/builds.ts';
import { contentKey } from '../machine/embedded/content-key.ts';
import { buildPrograms, ensurePrograms } from '../machine/embedded/packages.ts';
import { nodeRecipe, packageList, packageMirror } from '../machine/embedded/recipe.ts';
import { packageRoot } from '../paths.ts';
import { seconds, type Progress, type Task } from '../report/progress.ts';
import { EngineComplaint, engineError, engineWords, isEngineGone, type Engine } from './engine.ts';

const REPOSITORY = 'lvslab-node';
const IMAGES = join(packageRoot, 'images');
/** What the image is built from, as a build's context. */
const SOURCES = ['Dockerfile', 'packages.txt', 'node-agent', 'frame-probe'];
/** As images/Dockerfile names it. */
const BASE = 'debian:forky-slim';

/** The image of a node that this version wants, named by its content: `lvslab-node:1f2e3d4c5b6a`. */
export function nodeImage(): string {
  return `${REPOSITORY}:${contentKey(SOURCES, nodeRecipe('', '', []))}`;
}

/** Whether an engine has the image. */
export async function hasNodeImage(docker: Docker): Promise<boolean> {
  return hasImage(docker, nodeImage());
}

async function hasImage(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw engineError(`image ${name}`, error);
  }
}

/**
 * Makes sure that an engine has the image: from images/Dockerfile, or where its base cannot be had or its packages not
 * be fetched, put together here from Debian packages and imported. Says which.
 * @throws LabError machineCannot where neither works
 */
export async function ensureNodeImage({ docker }: Pick<Engine, 'docker'>, progress: Progress): Promise<void> {
  if (await hasNodeImage(docker)) return;
  const task = progress.start('node image', nodeImage());
  const began = performance.now();
  const waiting = () => {
    task.update('waiting for another build');
  };
  try {
    await buildAlone('image', waiting, async (work) => {
      if (await hasNodeImage(docker)) return;
      const why = await buildFromDockerfile(docker, task);
      if (why !== undefined) await importBootstrapped(docker, work, task, progress, why);
      const how =
        why === undefined ? 'built from images/Dockerfile' : `bootstrapped from Debian packages, as ${why}`;
      task.done(`${nodeImage()} ${how} (${seconds(performance.now() - began)}, kept for next time)`);
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
async function buildFromDockerfile(docker: Docker, task: Task): Promise<string | undefined> {
  if (!(await hasImage(docker, BASE))) {
    task.update(`pulling ${BASE}`);
    try {
      await follow(docker, await docker.pull(BASE), task);
    } catch (error) {
      return obstacle(`${BASE} could not be pulled`, error);
    }
  }
  try {
    const stream = await docker.buildImage(
      { context: IMAGES, src: SOURCES },
      { t: nodeImage(), rm: true, forcerm: true },
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

/** Milliseconds in which a long request says something, or is given up. */
const SILENCE = 15 * 60_000;

/**
 * Waits for the end of a long request, and shows how far it is.
 * @param silence milliseconds without a word from the engine after which it is given up
 */
export function follow(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  task?: Pick<Task, 'update'>,
  silence = SILENCE,
): Promise<void> {
  interface Event {
    stream?: string;
    status?: string;
    error?: string;
  }
  let silent: NodeJS.Timeout | undefined;
  return new Promise<void>((resolve, reject) => {
    const heard = () => {
      clearTimeout(silent);
      silent = setTimeout(() => {
        (stream as NodeJS.ReadableStream & { destroy?: () => void }).destroy?.();
        reject(new Error(`timed out: not a word for ${Math.round(silence / 1000)} s`));
      }, silence);
    };
    heard();
    stream.on('data', heard);
    // The library waits for the end alone, and an engine that is gone comes to none.
    stream.once('close', () => {
      reject(new Error('socket hang up'));
    });
    const modem = docker.modem as {
      followProgress: (
        s: NodeJS.ReadableStream,
        end: (e: Error | null) => void,
        on: (e: Event) => void,
      ) => void;
    };
    modem.followProgress(
      stream,
      (error) => {
        if (error === null) resolve();
        else reject(error);
      },
      (event) => {
        if (event.error !== undefined) reject(new EngineComplaint(event.error));
        const text = (event.stream ?? event.status ?? '').trim().split('\n').at(-1) ?? '';
        if (text !== '') task?.update(text.slice(0, 60));
      },
    );
  }).finally(() => {
    clearTimeout(silent);
  });
}

/** @param why it is not built by the engine, which a failure tells too */
async function importBootstrapped(
  docker: Docker,
  work: string,
  task: Task,
  progress: Progress,
  why: string,
): Promise<void> {
  try {
    const mirror = packageMirror();
    await ensurePrograms(buildPrograms(), progress);
    const file = join(work, 'node.tar');
    const packages = packageList(await readFile(join(IMAGES, 'packages.txt'), 'utf8'));
    await bootstrap(nodeRecipe(file, IMAGES, packages, mirror), { work, output: file }, task, progress);
    task.update('importing');
    const [repo, tag] = nodeImage().split(':');
    const stream = await docker.importImage(createReadStream(file), { repo, tag });
    await follow(docker, stream, task);
  } catch (error) {
    interruptSignal.throwIfAborted();
    const { code, message, mend } = engineError('the image of a node', error);
    throw new LabError(code, `${message}\n(it was to be bootstrapped, as ${why})`, {
      ...(mend === undefined ? {} : { mend }),
      cause: error,
    });
  }
}

/**
 * Streams the image as `docker save` does, for an engine without a network.
 * @throws LabError badInput where the engine does not have it yet
 */
export async function exportNodeImage(docker: Docker): Promise<NodeJS.ReadableStream> {
  if (!(await hasNodeImage(docker)))
    throw new LabError(EXIT.badInput, `the engine does not have ${nodeImage()} yet`, {
      mend: 'make it first: lab image build',
    });
  return docker.getImage(nodeImage()).get();
}

/**
 * Gives an engine an image from a file that `lab image export` wrote.
 * @throws LabError badInput where the file holds another one, or none
 */
export async function importNodeImage(docker: Docker, file: string): Promise<void> {
  const had = await hasNodeImage(docker);
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
    throw new LabError(EXIT.badInput, `cannot import ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (!had && !(await hasNodeImage(docker)))
    throw new LabError(
      EXIT.badInput,
      `${file} does not hold ${nodeImage()}, which this version of the tool needs`,
      {
        mend: 'export it anew with the same version: lab image export FILE',
      },
    );
}
