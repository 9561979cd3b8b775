// Bundles the CLI: one file to load instead of hundreds, with what V8 compiled of it, is what keeps `lab exec` quick.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const options = {
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  // V8 keeps what it compiled of scripts, not of ES modules.
  format: 'cjs',
  target: 'node20',
  // Compiled parts of an ssh client that comes with Docker's client library; the user's own ssh does that work here. They
  // are not even built where packages are installed without their scripts, and the client does without them.
  external: ['*.node'],
  // CommonJS has no import.meta.
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
};

await rm('dist', { recursive: true, force: true });
await build({ ...options, entryPoints: { lab: 'src/bin.ts' } });
// esbuild leaves other characters in comments and regular expressions; without them the file is read as bytes, quicker.
const lab = await readFile('dist/lab.cjs', 'utf8');
await writeFile(
  'dist/lab.cjs',
  lab.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
);
// Last: by it the launcher tells whether the build is whole.
await build({ ...options, entryPoints: { bin: 'src/start.ts' } });
await keepCompiled();

/** Runs a command that loads what most commands load, and keeps what V8 compiled for it. */
async function keepCompiled() {
  const state = resolve('dist/state');
  await mkdir(state, { mode: 0o700 });
  // No engine is asked: it could be far away, or frozen.
  const none = `unix://${join(state, 'none')}`;
  const env = { ...process.env, LVSLAB_STATE: state, DOCKER_HOST: none, LVSLAB_KEEP_COMPILED: '1' };
  spawnSync(process.execPath, ['dist/bin.cjs', 'exec', 'node', '--', 'true'], { env, stdio: 'ignore' });
  await rm(state, { recursive: true, force: true });
}
