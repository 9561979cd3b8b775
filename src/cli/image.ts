import type { Command } from 'commander';
import { json, jsonOption, out, progressFor, type Common } from './output.ts';

/** A node's image on a Docker engine, for classrooms without a network too. */
export function addImageCommands(program: Command): void {
  const image = program
    .command('image')
    .summary("a node's image on the Docker engine: build, export, import");

  image
    .command('build')
    .summary('make it where the engine lacks it')
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { buildImage, engineImageText } = await import('../commands/image.ts');
      const made = await buildImage(progressFor(options));
      if (options.json === true) json('image', made);
      else if (made.already) out(`${engineImageText(made)} is on the engine already`);
    });

  image
    .command('export')
    .summary('write it to a file, for an engine without a network')
    .argument('<file>', 'a tar archive, as docker save writes it; - for standard output')
    .action(async (file: string) => {
      const { engineImageText, exportImage } = await import('../commands/image.ts');
      const image = await exportImage(file);
      if (file !== '-')
        out(`${engineImageText(image)} is in ${file}; on the other machine: lab image import ${file}`);
    });

  image
    .command('import')
    .summary('give it to an engine from a file')
    .argument('<file>', 'a file that `lab image export` wrote')
    .addOption(jsonOption())
    .action(async (file: string, options: Common) => {
      const { engineImageText, importImage } = await import('../commands/image.ts');
      const image = await importImage(file);
      if (options.json === true) json('image', image);
      else out(`${engineImageText(image)} is on the engine`);
    });
}
