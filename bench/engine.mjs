// The Docker engine that containers are measured on: the one that labs would be on, else one that is started for the run,
// as the tests start theirs.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
/** Of Docker: the one that the embedded machine has too. */
const RELEASE = '28';

/**
 * @param isThere whether an engine is where labs would look for one
 * @returns `env` that leads to it, and `own` where it is the run's and ends with it, with all that is on it; else `lacks`
 */
export async function findEngine(workplace, isThere) {
  if (isThere) return { env: {}, own: false };
  if (process.getuid() !== 0)
    return {
      lacks:
        'not measured: no Docker engine is here; name one with DOCKER_HOST, or run it as root, who can start one',
    };
  workplace.progress('no Docker engine is here: one is started');
  const { startEngine } = await engineOfTests(workplace);
  const engine = await startEngine(RELEASE);
  workplace.later('the engine', () => engine.stop());
  return { env: { DOCKER_HOST: engine.url }, own: true };
}

/** Bundled within the tree: the tool looks for its own files above where it is. */
async function engineOfTests(workplace) {
  const folder = join(ROOT, 'node_modules/.cache', workplace.name);
  mkdirSync(folder, { recursive: true });
  workplace.later('the bundled engine', () => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'engine.mjs');
  await build({
    entryPoints: [join(ROOT, 'test/lab/docker/engine.ts')],
    ...{ outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'error' },
    // Where the program is that it starts.
    define: { 'import.meta.dirname': JSON.stringify(join(ROOT, 'test/lab/docker')) },
  });
  return import(outfile);
}
