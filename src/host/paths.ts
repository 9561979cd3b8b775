import { existsSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, LabError } from '../errors.ts';

/** The package's own folder: the parent of `dist/` or `src/`, whichever this runs from. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  if (dirname(from) === from)
    throw new Error(`this copy of lvslab is not whole: no package.json above ${import.meta.url}`);
  return findPackageRoot(dirname(from));
}

/** Root file systems that come with the program (`lab bundle`), in place of what would be built for the cache. */
export const rootsOnBoard = join(packageRoot, 'roots');

/** An absolute path from the environment; what is empty or relative counts as not set (XDG Base Directory Specification). */
function folderIn(variable: string): string | undefined {
  const value = process.env[variable] ?? '';
  return isAbsolute(value) ? value : undefined;
}

/** The user's home folder: HOME, else what the system knows of the user; undefined where neither names one. */
export function homeDirectory(): string | undefined {
  const home = folderIn('HOME') ?? knownHome();
  return isAbsolute(home) ? home : undefined;
}

function knownHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    // In a container a user may have a number alone.
    return '';
  }
}

/**
 * Where what is kept for next time lives: root file systems.
 * @throws LabError machineCannot where the environment names no place for it
 */
export function cacheDirectory(): string {
  const cache = folderIn('XDG_CACHE_HOME');
  if (cache !== undefined) return join(cache, 'lvslab');
  const home = homeDirectory();
  if (home !== undefined) return join(home, '.cache', 'lvslab');
  throw new LabError(EXIT.machineCannot, 'there is no folder to keep root file systems in: HOME is not set', {
    fix: 'set HOME, or name a folder: XDG_CACHE_HOME=/FOLDER',
  });
}

/**
 * Where the labs that are up live, an absolute path; `LVSLAB_STATE` overrides it. What is there is trusted only once
 * `stateFolder` has looked at it.
 */
export function stateDirectory(): string {
  const override = process.env['LVSLAB_STATE'] ?? '';
  // Programs that run in other folders are given it.
  if (override !== '') return resolve(override);
  // By the number: in a container the user may have no name.
  const uid = process.getuid?.();
  if (uid === 0) return '/run/lvslab';
  const runtime = folderIn('XDG_RUNTIME_DIR');
  if (runtime !== undefined) return join(runtime, 'lvslab');
  return uid === undefined ? join(tmpdir(), 'lvslab') : `/tmp/lvslab-${uid}`;
}
