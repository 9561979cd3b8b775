import type { Command } from 'commander';
import { out, progressFor } from './output.ts';

/** The tool with all that it needs at run time, for CI. */
export function addBundleCommands(program: Command): void {
  const bundle = program
    .command('bundle')
    .summary('the tool with Node.js, kernel and root on board, for CI without a network: image, tarball');

  bundle
    .command('image')
    .summary('as an image for Docker, which a container without any rights can run')
    .argument('<file>', 'a compressed tar archive for docker load; - for standard output')
    .action(async (file: string) => {
      const [{ makeBundle }, { IMAGE_NAMES }] = await Promise.all([
        import('../commands/bundle.ts'),
        import('../bundle/archives.ts'),
      ]);
      await makeBundle('image', file, progressFor({ json: file === '-' }));
      if (file !== '-') out(`${IMAGE_NAMES.join(', ')} is in ${file}: docker load --input ${file}`);
    });

  bundle
    .command('tarball')
    .summary('as an archive to unpack anywhere, for an ordinary user without Docker')
    .argument('<file>', 'a compressed tar archive; - for standard output')
    .action(async (file: string) => {
      const { makeBundle } = await import('../commands/bundle.ts');
      await makeBundle('tarball', file, progressFor({ json: file === '-' }));
      if (file !== '-') out(`tar -xzf ${file} && lvslab/lab verify`);
    });
}
