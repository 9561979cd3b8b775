import { TopologyError } from '../errors.ts';
import { readDocument } from './reading/document.ts';
import { readDraft } from './fields/draft.ts';
import { normalize } from './fields/normalize.ts';
import { fillOpen } from './open-subnets.ts';
import { Problems } from './reading/problems.ts';
import { checkShape, isOtherVersion } from './fields/shape.ts';
import { readText } from './reading/text.ts';
import type { Topology } from './types.ts';
import { checkMeaning } from './rules/rules.ts';

/**
 * Reads a topology file.
 * @param file what messages call the file
 * @param defaultName the lab's name where the file gives none
 * @param taken subnets (CIDR) of others, which those that the file leaves open are not to have
 * @throws TopologyError with every problem of the file, in file order
 */
export function parseTopology(
  source: string | Uint8Array,
  file: string,
  defaultName: string,
  taken: string[] = [],
): Topology {
  const problems = new Problems();
  const text = readText(source, problems);
  const tree = text === undefined ? undefined : readDocument(text, problems);
  if (tree === undefined) throw new TopologyError(file, problems.list());
  checkShape(tree, problems);
  const read = readDraft(tree);
  const draft = { ...read, networks: fillOpen(read.networks, taken) };
  if (!isOtherVersion(tree)) checkMeaning(draft, problems);
  if (!problems.none) throw new TopologyError(file, problems.list());
  return normalize(draft, defaultName);
}
