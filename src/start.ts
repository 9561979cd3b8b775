#!/usr/bin/env node
// Where the process begins: loads the rest from one file, with what V8 compiled of it before where that fits.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire, wrap } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script, constants } from 'node:vm';

/** As in errors.ts, which is part of what may not load. */
const MACHINE_CANNOT = 3;

const folder = dirname(fileURLToPath(import.meta.url));
const file = join(folder, 'lab.cjs');
/** Of the very Node.js that built: another one compiles anew, which V8 sees by itself. */
const compiled = join(folder, 'lab.compiled');

/** Open files that a command needs; with fewer some fail in libraries, which do not say why. As in the launcher. */
const OPEN_FILES = 64;

try {
  const limit = /^Max open files +(\d+)/m.exec(String(readOrNothing('/proc/self/limits')))?.[1];
  if (Number(limit ?? OPEN_FILES) < OPEN_FILES) refuse();
  load();
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EMFILE') refuse();
  throw error;
}

function refuse(): never {
  process.stderr.write(
    'error: the limit of open files is too low for this program\nfix:  raise it (ulimit -n 1024), where it was lowered\n',
  );
  process.exit(MACHINE_CANNOT);
}

function load(): void {
  const cachedData = readOrNothing(compiled);
  const script = new Script(wrap(readFileSync(file, 'latin1')), {
    filename: file,
    ...(cachedData && { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  // By the build only: what has run by then is compiled.
  if (process.env['LVSLAB_KEEP_COMPILED'] !== undefined)
    process.once('exit', () => {
      writeFileSync(compiled, script.createCachedData());
    });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parts: unknown[]) => void;
  run(module.exports, createRequire(file), module, file, folder);
}

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}
