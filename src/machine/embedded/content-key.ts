import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../host/paths.ts';

/**
 * Names what something is built from, so that a changed list is another thing, and an old one is not used by mistake.
 * @param files names in `images/`
 * @param recipe how it is built
 */
export function contentKey(files: string[], recipe: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(packageRoot, 'images', file)));
  return hash.update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}
