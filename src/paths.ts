import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: the parent of `dist/` or `src/`, whichever this runs from. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findPackageRoot(dirname(from));
}

/** Root file systems that come with the program (`lab bundle`), in place of what would be built for the cache. */
export const rootsOnBoard = join(packageRoot, 'roots');

/** Where what is kept for next time lives: root file systems. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lvslab');
}

/** Where the labs that are up live; empty when none is. `LVSLAB_STATE` overrides it. */
export function stateDirectory(): string {
  const override = process.env['LVSLAB_STATE'];
  if (override !== undefined && override !== '') return override;
  // By the number: in a container the user may have no name.
  const uid = process.getuid?.();
  if (uid === 0) return '/run/lvslab';
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime === undefined ? `/tmp/lvslab-${uid}` : join(runtime, 'lvslab');
}
