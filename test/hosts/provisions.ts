import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { nodeImage } from '../../src/docker/image.ts';
import { LABEL } from '../../src/docker/labels.ts';
import { bootstrap } from '../../src/machine/embedded/bootstrap.ts';
import { buildAlone } from '../../src/machine/embedded/builds.ts';
import { executionFor } from '../../src/machine/embedded/emulation.ts';
import { buildPrograms, ensurePrograms } from '../../src/machine/embedded/packages.ts';
import { nodeRecipe, packageList, packageMirror } from '../../src/machine/embedded/recipe.ts';
import { ensureNodesRoot } from '../../src/machine/embedded/root.ts';
import type { Processor } from '../../src/host/processor.ts';
import { cacheDirectory, packageRoot } from '../../src/host/paths.ts';
import { createProgress } from '../../src/terminal/progress.ts';

/** What a machine without a network is given beside the tool, in the cache that it can read. */
export interface Provisions {
  /** Name in the cache of a file for `lab image import`. */
  image: string;
}

/**
 * Makes what labs in a machine need and a machine that is emulated would take long to make, where it is not there yet. For
 * another processor than this host's the programs of its packages are emulated: some twenty-five minutes for both.
 */
export async function ensureProvisions(processor: Processor): Promise<Provisions> {
  const progress = createProgress(process.stderr, { quiet: true });
  await ensureNodesRoot(progress, processor);
  const name = nodeImage(processor);
  const image = `test-node-image-${processor}-${name.split(':')[1] ?? ''}.tar`;
  // Whatever else is being built meanwhile need not be waited for.
  if (existsSync(join(cacheDirectory(), image))) return { image };
  const images = join(packageRoot, 'images');
  await ensurePrograms(buildPrograms(), progress);
  await buildAlone(
    'test-node-image',
    () => undefined,
    async (work) => {
      if (existsSync(join(cacheDirectory(), image))) return;
      const layer = join(work, 'layer.tar');
      const packages = packageList(await readFile(join(images, 'packages.txt'), 'utf8'));
      const task = progress.start('node image', name);
      const execution = await executionFor(processor, 'run this on a host of that kind', progress);
      const argv = nodeRecipe(processor, layer, images, packages, packageMirror());
      await bootstrap(argv, { work, output: layer }, task, progress, { execution });
      const file = await packed(work, name, processor);
      for (const other of readdirSync(cacheDirectory()))
        if (other.startsWith(`test-node-image-${processor}-`)) await rm(join(cacheDirectory(), other));
      await rename(file, join(cacheDirectory(), image));
    },
  );
  return { image };
}

/**
 * Packs `layer.tar` as `docker save` would.
 * @param work folder that has it, and gets the file
 */
async function packed(work: string, name: string, architecture: Processor): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(work, 'layer.tar')), hash);
  const created = new Date().toISOString();
  const config = {
    ...{ architecture, os: 'linux', created, config: { Labels: { [LABEL.processor]: architecture } } },
    rootfs: { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] },
    history: [{ created, created_by: 'npm run test:hosts' }],
  };
  await writeFile(join(work, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
  await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
  const file = join(work, 'image.tar');
  await execa('tar', ['-c', '-f', file, '-C', work, 'manifest.json', 'config.json', 'layer.tar']);
  return file;
}
