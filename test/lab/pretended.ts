import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A system and a processor, as Node.js names both. */
export interface Kind {
  system: NodeJS.Platform;
  arch: string;
}

/**
 * Has the tool take this host for one of another kind.
 * @returns options for Node.js, for its environment, and what removes the file that they name
 */
export function pretended({ system, arch }: Kind): { options: string; end: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-pretended-'));
  const file = join(folder, 'kind.mjs');
  const lines = Object.entries({ platform: system, arch }).map(
    ([name, value]) => `Object.defineProperty(process, '${name}', { value: '${value}' });\n`,
  );
  writeFileSync(file, lines.join(''));
  return {
    options: `--import=file://${file}`,
    end: () => {
      rmSync(folder, { recursive: true });
    },
  };
}
