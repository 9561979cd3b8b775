import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { exportNodeImage, importNodeImage } from '../../../src/docker/image-archive.ts';
import { contract } from '../contract.ts';
import { placeOn } from './contract-place.ts';
import { startEngine, type TestEngine } from './engine.ts';
import { startGuestEngine } from './guest-engine.ts';

/** Podman behind its own socket, with the image of a node that a Docker engine has written. */
async function startPodman(): Promise<TestEngine> {
  const [podman, docker] = await Promise.all([startEngine('podman'), startGuestEngine()]);
  const file = join(podman.folder, 'node.tar');
  await pipeline(await exportNodeImage(await docker.connect()), createWriteStream(file));
  await docker.stop();
  await importNodeImage(podman.engine, file);
  return podman;
}

contract('Podman', async () => placeOn(await startPodman()));
