import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './paths.ts';

const read = new Map<string, string>();

/**
 * The text of a program that comes with the tool.
 * @param path below `images/`
 */
export function ownProgram(path: string): string {
  const text = read.get(path) ?? readFileSync(join(packageRoot, 'images', path), 'utf8');
  read.set(path, text);
  return text;
}
