// Bundles the CLI: one file to load instead of hundreds is what keeps `lab exec` quick.
import { build } from 'esbuild';
import { rm } from 'node:fs/promises';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { bin: 'src/start.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Compiled parts of an ssh client that comes with Docker's client library; the user's own ssh does that work here. They
  // are not even built where packages are installed without their scripts, and the client does without them.
  external: ['*.node'],
  // Bundled CommonJS packages use these; an ES module has none of its own.
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url); const __dirname = import.meta.dirname;",
  },
  chunkNames: 'chunks/[name]-[hash]',
});
