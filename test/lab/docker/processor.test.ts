import { execa } from 'execa';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { follow } from '../../../src/docker/follow.ts';
import { nodeImageOn } from '../../../src/docker/image.ts';
import { user } from '../cli.ts';
import { RELEASES, startEngine, type TestEngine } from './engine.ts';

describe.each(RELEASES)('an image for another processor on Docker %s', (release) => {
  const me = user(`docker-processor-${release}`);
  let host: TestEngine;
  let name: string;
  let archive: string;
  const lab = (...argv: string[]) => me.lab(argv, { env: { ...me.env, DOCKER_HOST: host.url } });

  beforeAll(async () => {
    host = await startEngine(release);
    name = nodeImageOn(host.engine);
    // A small image in the form of `docker save`, under our name.
    const parts = join(host.folder, 'parts');
    mkdirSync(parts);
    await execa('tar', ['-cf', join(parts, 'layer.tar'), '-C', import.meta.dirname, 'start-engine']);
    const layer = await execa('cat', [join(parts, 'layer.tar')], { encoding: 'buffer' });
    const digest = createHash('sha256').update(layer.stdout).digest('hex');
    const rootfs = { type: 'layers', diff_ids: [`sha256:${digest}`] };
    writeFileSync(
      join(parts, 'config.json'),
      JSON.stringify({ architecture: 'arm64', os: 'linux', config: {}, rootfs, history: [{}] }),
    );
    writeFileSync(
      join(parts, 'manifest.json'),
      JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]),
    );
    archive = join(host.folder, 'foreign.tar');
    await execa('tar', ['-cf', archive, '-C', parts, 'layer.tar', 'config.json', 'manifest.json']);
  });
  afterEach(async () => {
    await host.engine.docker
      .getImage(name)
      .remove({ force: true })
      .catch(() => undefined);
  });
  afterAll(async () => {
    await host.stop();
  });

  it('is not imported, and the engine is left as it was', async () => {
    const before = await host.engine.docker.listImages();
    const imported = await lab('image', 'import', archive);
    expect(imported.stderr).toContain(`${archive} holds the image of a node for arm64`);
    expect(imported.stderr).toContain('runs on x86-64');
    expect(imported.code).toBe(2);
    expect(await host.engine.docker.listImages()).toEqual(before);
  });

  const ways: [string, () => Promise<NodeJS.ReadableStream>][] = [
    ['loaded by docker load', () => host.engine.docker.loadImage(createReadStream(archive))],
    [
      'imported by hand with our label',
      () => {
        const [repo, tag] = name.split(':');
        const changes = 'LABEL org.lvslab.processor=arm64';
        return host.engine.docker.importImage(createReadStream(join(host.folder, 'parts', 'layer.tar')), {
          ...{ repo, tag, changes },
        });
      },
    ],
  ];

  it.each(ways)('is noticed before it runs where it was %s', async (_, give) => {
    await follow(host.engine.docker, await give());
    const before = await host.everything();
    const said = `${name} on the Docker engine at ${host.url} is for arm64, and the engine runs on x86-64`;
    const up = await lab('up', 'nat', '--runtime', 'docker', '--machine', 'local');
    expect(up.stderr).toContain(said);
    expect(up.stderr).toContain('lab image build replaces it');
    expect(up.code).toBe(3);
    expect((await lab('doctor')).stdout).toContain(said);
    expect((await lab('image', 'export', join(host.folder, 'none.tar'))).stderr).toContain(said);
    expect(await host.everything()).toEqual(before);
  });
});
