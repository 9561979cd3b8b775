import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: the parent of `dist/` or `src/`, whichever this runs from. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findPackageRoot(dirname(from));
}

/** Where what is kept for next time lives: root file systems. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lvslab');
}

/** Where the labs that are up live; empty when none is. `LVSLAB_STATE` overrides it. */
export function stateDirectory(): string {
  const override = process.env['LVSLAB_STATE'];
  if (override !== undefined && override !== '') return override;
  if (process.getuid?.() === 0) return '/run/lvslab';
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime === undefined ? `/tmp/lvslab-${userInfo().uid}` : join(runtime, 'lvslab');
}
