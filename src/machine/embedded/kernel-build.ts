import { availableParallelism, platform } from 'node:os';
import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecaError } from 'execa';
import { EXIT, LabError } from '../../errors.ts';
import { hostCommand } from '../../host/command.ts';
import { cacheDirectory, packageRoot } from '../../host/paths.ts';
import { seconds, type Progress, type Task } from '../../terminal/progress.ts';
import { EMBEDDED_ELSEWHERE, EMBEDDED_PROCESSOR, hostProcessor } from '../../host/processor.ts';
import { bootstrap } from './bootstrap.ts';
import { buildAlone } from './builds.ts';
import {
  MADE,
  findMadeKernel,
  kernelKey,
  kernelName,
  type MadeKernel,
  type MadeKernelFacts,
} from './kernel.ts';
import { COMPILED, CONFIGURING, NOT_IN_FORCE, kernelRecipe } from './kernel-recipe.ts';
import { buildPrograms, ensurePrograms, lastLines } from './packages.ts';
import { packageMirror } from './recipe.ts';

/** Files that the kernel is compiled from, about: what is left of the build is told by it, and nothing else. */
const FILES = 1110;

/**
 * The kernel that is made for labs, built where this version of the tool has none yet. Two builds at once become one; one
 * that is killed leaves nothing that could be taken for a kernel.
 * @throws LabError machineCannot where no embedded kernel runs here, or the host lacks what the build takes; labFailed
 *   where images/kernel.config asks for what its source does not have
 */
export async function ensureMadeKernel(
  progress: Progress,
): Promise<{ kernel: MadeKernel; already: boolean }> {
  if (platform() !== 'linux' || hostProcessor() !== EMBEDDED_PROCESSOR)
    throw new LabError(EXIT.machineCannot, EMBEDDED_ELSEWHERE);
  const found = await findMadeKernel();
  if (found !== undefined) return { kernel: found, already: true };
  const mirror = packageMirror();
  await ensurePrograms(buildPrograms(), progress);
  const task = progress.start('lab kernel', 'fetching its source and a compiler');
  const began = performance.now();
  const waiting = () => {
    task.update('waiting for another build');
  };
  let already: boolean;
  try {
    already = await buildAlone(`kernel-${kernelKey()}`, waiting, async (work) => {
      // Whoever was waited for may have made it.
      if ((await findMadeKernel()) !== undefined) return true;
      await build(work, mirror, task, progress);
      return false;
    });
  } catch (error) {
    task.fail();
    throw error;
  }
  const kernel = await findMadeKernel();
  if (kernel === undefined) throw new LabError(EXIT.labFailed, 'the kernel vanished after it was built');
  const time = seconds(performance.now() - began);
  task.done(
    already ? `another build made it (${time})` : `${kernel.release} built (${time}, kept for next time)`,
  );
  return { kernel, already };
}

async function build(
  work: string,
  mirror: string | undefined,
  task: Task,
  progress: Progress,
): Promise<void> {
  const made = join(work, 'made');
  await mkdir(made);
  // An ordinary user's build runs under other user ids as far as the files in its root go; what it hands out is the user's.
  const recipe = kernelRecipe(made, join(packageRoot, 'images'), availableParallelism(), mirror);
  await bootstrap(recipe, { work, output: join(work, 'none') }, withEstimate(task), progress, {
    explain: (output) => unfulfilled(output) ?? uncompiled(output),
  });
  task.update('packing');
  const facts = await readFacts(made);
  await packModules(made);
  await writeFile(join(made, MADE.facts), `${JSON.stringify(facts, null, 2)}\n`);
  await chmod(join(made, MADE.program), 0o755);
  await chmod(made, 0o700);
  const kept = new Set<string>(Object.values(MADE));
  for (const name of await readdir(made))
    if (!kept.has(name)) await rm(join(made, name), { recursive: true, force: true });
  const directory = join(cacheDirectory(), kernelName(facts.source.version));
  await rm(directory, { recursive: true, force: true });
  await rename(made, directory);
}

async function readFacts(made: string): Promise<MadeKernelFacts> {
  const line = async (name: string) => (await readFile(join(made, name), 'utf8')).trim();
  const [name = '', version = ''] = (await line('source')).split(' ');
  return {
    release: await line('release'),
    source: { package: name, version },
    built: new Date().toISOString(),
  };
}

/** Blocks of 1024 bytes, a few times what the lists of built-in modules take. */
const MODULES_BLOCKS = 256;

async function packModules(made: string): Promise<void> {
  const argv = [
    ...['-b', String(MODULES_BLOCKS), '-N', '64', '-m', '0', '--squash'],
    ...['-d', join(made, 'modules'), join(made, MADE.modules)],
  ];
  try {
    await hostCommand('genext2fs', argv, { stdin: 'ignore' });
  } catch (error) {
    throw new LabError(EXIT.machineCannot, `genext2fs failed: ${(error as ExecaError).shortMessage}`, {
      cause: error,
    });
  }
}

/** A task that says of a build how far it is, and what is left by the pace so far. */
export function withEstimate(task: Task, now: () => number = () => performance.now()): Task {
  let first: { files: number; at: number } | undefined;
  return {
    ...task,
    update(detail) {
      if (!detail.startsWith(COMPILED)) {
        task.update(detail);
        return;
      }
      const files = Number(detail.slice(COMPILED.length));
      first ??= { files, at: now() };
      const pace = (files - first.files) / Math.max(1, now() - first.at);
      const left = Math.max(0, FILES - files);
      const time = pace === 0 ? '' : `, about ${seconds(Math.max(1000, left / pace))} left`;
      task.update(`compiling, ${Math.min(99, Math.round((100 * files) / FILES))} %${time}`);
    },
  };
}

/** Why a build came to nothing that images/kernel.config is to blame for; undefined where something else is. */
export function unfulfilled(output: string): LabError | undefined {
  const options = [...output.matchAll(new RegExp(`^${NOT_IN_FORCE}(.+)$`, 'gm'))].map(([, option]) => option);
  if (options.length === 0) return undefined;
  return new LabError(
    EXIT.labFailed,
    `images/kernel.config asks for what this source's kernel does not get: ${options.join(', ')}`,
    {
      fix: 'ask for what each of them depends on as well (make ARCH=um menuconfig in the source shows it), or leave it out',
    },
  );
}

/**
 * Why the source did not become a kernel, by the words of what failed: mmdebstrap repeats the whole program after them.
 * @returns undefined where the build did not come so far, or the disk is full
 */
export function uncompiled(output: string): LabError | undefined {
  const lines = output.split('\n');
  const begin = lines.indexOf(`I: ${CONFIGURING}`);
  if (begin < 0 || output.includes('No space left on device')) return undefined;
  const end = lines.findIndex((line, index) => index > begin && line.startsWith('E: '));
  const said = lines.slice(begin + 1, end < 0 ? undefined : end).filter((line) => !line.startsWith('I: '));
  return new LabError(
    EXIT.labFailed,
    `the source of the kernel could not be compiled:\n${lastLines(said.join('\n'))}`,
    { fix: 'nothing was kept; where images/kernel.config was changed, give it what is missing there' },
  );
}
