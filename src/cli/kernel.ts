import type { Command } from 'commander';
import { json, jsonOption, out, progressFor, type Common } from './output.ts';

/** The kernel that is made for labs. */
export function addKernelCommands(program: Command): void {
  const kernel = program
    .command('kernel')
    .summary('a kernel made for embedded labs: build, list, remove')
    .description(
      'Makes a kernel for embedded labs of Debian’s source: it starts in a tenth of the time of Debian’s own, and has ' +
        'iptables, nftables and every scheduler. Where it is there, labs get it.',
    );

  kernel
    .command('build')
    .summary('make it where this version has none yet (some minutes, once)')
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { buildKernel } = await import('../commands/kernel.ts');
      const made = await buildKernel(progressFor(options));
      if (options.json === true) json('kernel-build', made);
      else if (made.already) out(`${made.release} was made already: ${made.directory}`);
    });

  kernel
    .command('list')
    .summary('those that were made, and which one labs get')
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const [{ listKernels }, { kernelTable }] = await Promise.all([
        import('../commands/kernel.ts'),
        import('../report/cache.ts'),
      ]);
      const found = await listKernels();
      if (options.json === true) json('kernel-list', found);
      else out(kernelTable(found));
    });

  kernel
    .command('remove')
    .summary('remove what was made; labs that are up go on')
    .argument('[name...]', 'as lab kernel list has them (default: all)')
    .addOption(jsonOption())
    .action(async (names: string[], options: Common) => {
      const [{ removeKernels }, { keptTable }] = await Promise.all([
        import('../commands/kernel.ts'),
        import('../report/cache.ts'),
      ]);
      const removed = await removeKernels(names);
      if (options.json === true) json('kernel-remove', { removed });
      else out(keptTable(removed, 'removed'));
    });
}
