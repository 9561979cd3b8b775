import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { hostCommand } from '../host/command.ts';
import { bootstrap } from '../machine/embedded/bootstrap.ts';
import { packageList, packageMirror } from '../machine/embedded/recipe.ts';
import type { MadeKernel } from '../machine/embedded/kernel.ts';
import type { Root } from '../machine/embedded/root.ts';
import { packageRoot } from '../host/paths.ts';
import type { Progress, Task } from '../terminal/progress.ts';
import { PROGRAMS, bundleRecipe } from './recipe.ts';
import { tar } from './tar.ts';

const SOURCES = join(packageRoot, 'images', 'bundle');

/** Where the tool lies in a bundle. */
const PLACE = join('opt', 'lvslab');

/**
 * Puts the contents of a bundle together, which are the same for an image and a tarball: Debian's programs, Node.js,
 * this tool, and a root with its kernel.
 * @param work an empty folder
 * @param made the kernel that was made for labs, where they are to run on it: its source's version and its configuration
 *   come with it, as its licence demands
 * @returns the folder with the contents
 * @throws LabError machineCannot where the host lacks what it takes
 */
export async function bundleTree(
  work: string,
  { root, made }: { root: Root; made: MadeKernel | undefined },
  task: Task,
  progress: Progress,
): Promise<string> {
  const tree = join(work, 'tree');
  const tool = join(tree, PLACE);
  const packages = packageList(await readFile(join(SOURCES, 'packages.txt'), 'utf8'));
  const output = join(work, 'programs.tar');
  await bootstrap(bundleRecipe(output, packages, packageMirror()), { work, output }, task, progress);
  task.update('putting it together');
  await mkdir(tree);
  await tar('-x', '-f', output, '-C', tree, '--no-same-owner', '--exclude=./dev');
  await Promise.all(
    (await toolFiles()).map((file) => cp(join(packageRoot, file), join(tool, file), { recursive: true })),
  );
  for (const { directory } of made === undefined ? [root] : [root, made])
    await cp(directory, join(tool, 'roots', basename(directory)), { recursive: true });
  await addPrograms(tree, tool);
  return tree;
}

/** As npm publishes it. */
async function toolFiles(): Promise<string[]> {
  const { files } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
    files: string[];
  };
  return ['package.json', ...files].filter((file) => existsSync(join(packageRoot, file)));
}

async function addPrograms(tree: string, tool: string): Promise<void> {
  const node = join(tree, 'usr', 'bin', 'node');
  await cp(process.execPath, node);
  await chmod(node, 0o755);
  await cp(join(SOURCES, 'lab'), join(tree, 'lab'));
  await symlink(join('..', '..', 'lab'), join(tree, 'usr', 'bin', 'lab'));
  const programs = join(tool, 'bin');
  await mkdir(programs);
  await cp(join(SOURCES, 'run'), join(programs, 'run'));
  for (const name of PROGRAMS) await symlink('run', join(programs, name));
  // Where an image has it, reports and evidence can be written even without a folder of the host's.
  await mkdir(join(tree, 'work'));
  await chmod(join(tree, 'work'), 0o1777);
  const env = { LVSLAB_BUNDLE: tree };
  const works = await hostCommand(join(programs, 'node'), ['--eval', '0'], { env, reject: false });
  if (works.exitCode !== 0)
    throw new LabError(
      EXIT.machineCannot,
      `the Node.js that runs this (${process.execPath}) does not work in a bundle, as it is not one file that stands alone`,
      { fix: 'run lab bundle by a Node.js as nodejs.org has it' },
    );
}
