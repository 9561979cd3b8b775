import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

export interface Import {
  /** Path below `src`. */
  file: string;
  /** Path below `src`, or the name of a package. */
  target: string;
  /** Gone once the types are. */
  typeOnly: boolean;
}

/** Files of `src`, by their paths below it. */
export const FILES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

export function textOf(file: string): string {
  return readFileSync(join(ROOT, 'src', file), 'utf8');
}

/** Every import and re-export of a file, `import()` included. */
export function importsIn(file: string, text: string): Import[] {
  const found = [
    ...Array.from(
      text.matchAll(/^(?:import|export)\s+(type\s+)?((?:[\w$*,\s]|\{[^}]*\})*?)\s*from\s+'([^']+)'/gm),
      ([, type, names = '', target = '']) => ({
        target,
        typeOnly: type !== undefined || /^\{(\s*type\s[^,}]*,?)+\s*\}$/.test(names),
      }),
    ),
    ...Array.from(text.matchAll(/^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm), ([, bare, called]) => ({
      target: bare ?? called ?? '',
      typeOnly: false,
    })),
  ];
  return found.map(({ target, typeOnly }) => ({
    file,
    target: target.startsWith('.') ? normalize(join(dirname(file), target)) : target,
    typeOnly,
  }));
}

export const IMPORTS = FILES.flatMap((file) => importsIn(file, textOf(file)));
