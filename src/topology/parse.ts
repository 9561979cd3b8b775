import { TopologyError } from '../errors.ts';
import { readDocument } from './document.ts';
import { readDraft } from './draft.ts';
import { normalize } from './normalize.ts';
import { Problems } from './problems.ts';
import { checkShape, isOtherVersion } from './shape.ts';
import { readText } from './text.ts';
import type { Topology } from './types.ts';
import { checkMeaning } from './validate.ts';

/**
 * Reads a topology file.
 * @param file what messages call the file
 * @param defaultName the lab's name where the file gives none
 * @throws TopologyError with every problem of the file, in file order
 */
export function parseTopology(source: string | Uint8Array, file: string, defaultName: string): Topology {
  const problems = new Problems();
  const text = readText(source, problems);
  const tree = text === undefined ? undefined : readDocument(text, problems);
  if (tree === undefined) throw new TopologyError(file, problems.list());
  checkShape(tree, problems);
  const draft = readDraft(tree);
  if (!isOtherVersion(tree)) checkMeaning(draft, problems);
  if (!problems.none) throw new TopologyError(file, problems.list());
  return normalize(draft, defaultName);
}
