import { writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { EXIT, LabError, cannotWrite } from '../errors.ts';
import { packageRoot } from '../host/paths.ts';
import { parseTopology } from '../topology/parse.ts';
import { readPlan, topologyText } from '../files/topology-file.ts';

/**
 * Writes a topology of one's own to begin with, in the current folder: another one, comments and all, under a new name.
 * @param from name of a shipped topology, or a YAML file
 * @returns the file
 * @throws LabError badInput where the name is none, there is such a file already, or `from` is not valid
 */
export function newTopology(name: string, from: string): string {
  readPlan(from, name);
  const file = `${name}.yaml`;
  const text = renamed(topologyText(from), name);
  parseTopology(Buffer.from(text), file, name);
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotWrite(file, error);
    throw new LabError(EXIT.badInput, `there is a ${file} here already, and it stays as it is`, {
      cause: error,
      fix: 'another name, or another folder',
    });
  }
  return file;
}

const SCHEMA = join(packageRoot, 'schema', 'topology.schema.json');

/** Without a name of its own a topology is called as its file. */
function renamed(text: string, name: string): string {
  return (
    text
      .replace(/^name:.*$/m, `name: ${name}`)
      // Editors look for the schema from where the file is.
      .replace(
        /^(# yaml-language-server: \$schema=)\.\.?\/.*$/m,
        (_, start: string) => start + nearest(SCHEMA),
      )
  );
}

function nearest(file: string): string {
  const way = relative(resolve('.'), file);
  return way.startsWith('../../..') ? file : way.startsWith('.') ? way : `./${way}`;
}
