import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EMBEDDED_PROCESSOR } from '../host/processor.ts';
import { toolVersion } from '../version.ts';
import { tar } from './tar.ts';

/** Everything belongs to root and may be read by everybody, whoever made it under whatever umask. */
const TAR = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX,ug-s'];

/** The image's names in an engine. */
export const IMAGE_NAMES = [`lvslab:${toolVersion}`, 'lvslab:latest'];

/** What a container does of itself; any user may run it, with a name or without. */
const CONFIG = {
  Entrypoint: ['/lab'],
  Cmd: ['verify'],
  // Of what can be written in a container, root's own place is no part.
  Env: ['PATH=/usr/sbin:/usr/bin', 'LVSLAB_STATE=/tmp/lvslab'],
  User: '1000:1000',
  WorkingDir: '/work',
};

/** Packs a bundle's contents as a tarball with one folder in it. */
export async function packTarball(work: string, tree: string): Promise<string> {
  const file = join(work, 'bundle.tar.gz');
  // Of symbolic links the names alone, not what they point to.
  await tar('-c', '-z', '-f', file, ...TAR, '--transform=flags=rh;s,^\\.,lvslab,', '-C', tree, '.');
  return file;
}

/** Packs a bundle's contents as an image of one layer, in the form in which `docker save` writes them. */
export async function packImage(work: string, tree: string): Promise<string> {
  const layer = join(work, 'layer.tar');
  await tar('-c', '-f', layer, ...TAR, '-C', tree, '.');
  const created = new Date().toISOString();
  const hash = createHash('sha256');
  await pipeline(createReadStream(layer), hash);
  const digest = `sha256:${hash.digest('hex')}`;
  const config = {
    ...{ architecture: EMBEDDED_PROCESSOR, os: 'linux', created, config: CONFIG },
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created, created_by: 'lab bundle image' }],
  };
  await writeFile(join(work, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: IMAGE_NAMES, Layers: ['layer.tar'] }];
  await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
  const file = join(work, 'image.tar.gz');
  const parts = ['manifest.json', 'config.json', 'layer.tar'];
  await tar('-c', '-z', '-f', file, ...TAR, '-C', work, ...parts);
  return file;
}
