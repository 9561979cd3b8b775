import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { engineError } from './engine.ts';
import { LABEL } from './labels.ts';

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
export async function runOnce(
  docker: Docker,
  image: string,
  argv: string[],
  host: Docker.ContainerCreateOptions['HostConfig'],
  lab?: string,
): Promise<OneShot> {
  let container: Docker.Container | undefined;
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
    let output = '';
    text.on('data', (chunk: Buffer) => (output += chunk.toString()));
    docker.modem.demuxStream(stream, text, text);
    const ended = new Promise((resolve) => stream.once('end', resolve));
    const exited = container.wait({ condition: 'next-exit' }) as Promise<{ StatusCode: number }>;
    await container.start();
    const { StatusCode } = await exited;
    await ended;
    return { code: StatusCode, output };
  } catch (error) {
    throw engineError(`a container to run ${argv[0] ?? ''} once`, error);
  } finally {
    await container?.remove({ force: true }).catch(() => undefined);
  }
}
