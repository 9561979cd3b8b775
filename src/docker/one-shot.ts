import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { forAMoment, interrupted } from '../host/interrupt.ts';
import { EngineComplaint, engineError } from './engine-errors.ts';
import { LABEL } from './labels.ts';

/** Most that such a container may say, in bytes, and how long it may take, in milliseconds. */
const LONGEST_OUTPUT = 16 * 1024 ** 2;
const LIMIT = 5 * 60_000;

/** What a container that was run once has said, both streams together, and its exit code. */
export interface OneShot {
  code: number;
  output: string;
}

/**
 * Runs a command in a container of its own that is gone afterwards.
 * @param lab whose `down` is to remove it, should this process be killed meanwhile
 * @throws LabError labFailed with the engine's own words
 */
export function runOnce(
  docker: Docker,
  image: string,
  argv: string[],
  host: Docker.ContainerCreateOptions['HostConfig'],
  lab?: string,
): Promise<OneShot> {
  return forAMoment(() => run(docker, image, argv, host, lab));
}

async function run(...[docker, image, argv, host, lab]: Parameters<typeof runOnce>): Promise<OneShot> {
  let container: Docker.Container | undefined;
  let late: NodeJS.Timeout | undefined;
  try {
    container = await docker.createContainer({
      Image: image,
      Cmd: argv,
      AttachStdout: true,
      AttachStderr: true,
      Labels: lab === undefined ? {} : { [LABEL.lab]: lab },
      HostConfig: { ...host, AutoRemove: true, LogConfig: { Type: 'none', Config: {} } },
    });
    const stream = await container.attach({ stream: true, stdout: true, stderr: true, hijack: true });
    const text = new PassThrough();
    const output: Buffer[] = [];
    let size = 0;
    docker.modem.demuxStream(stream, text, text);
    const over = new Promise<never>((_, reject) => {
      text.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= LONGEST_OUTPUT) output.push(chunk);
        else reject(new EngineComplaint(`it said more than ${LONGEST_OUTPUT} bytes`));
      });
      late = setTimeout(() => {
        reject(new EngineComplaint(`it did not end within ${LIMIT / 1000} s`));
      }, LIMIT);
    });
    const ended = new Promise((resolve) => {
      for (const event of ['end', 'close']) stream.once(event, resolve);
    });
    const exited = container.wait({ condition: 'next-exit' }) as Promise<{ StatusCode: number }>;
    await container.start();
    const { StatusCode } = await Promise.race([exited, over, interrupted]);
    await Promise.race([ended, over, interrupted]);
    const said = Buffer.concat(output).toString();
    // As the engine's runtime says it in the container's place.
    if (StatusCode !== 0 && /exec format error\s*$/i.test(said)) throw new EngineComplaint(said.trim());
    return { code: StatusCode, output: said };
  } catch (error) {
    throw engineError(`a container to run ${argv[0] ?? ''} once`, error);
  } finally {
    clearTimeout(late);
    await container?.remove({ force: true }).catch(() => undefined);
  }
}
