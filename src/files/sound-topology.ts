import { TopologyError } from '../errors.ts';
import { parseTopology } from '../topology/parse.ts';
import { placesOf } from '../topology/reading/places.ts';
import { Problems } from '../topology/reading/problems.ts';
import type { Topology } from '../topology/types.ts';
import { obstacles } from '../plan/obstacles.ts';
import { makePlan } from '../plan/plan.ts';

/**
 * Reads a topology file whose services can be answered by the routes that follow from it.
 * @param file, defaultName, taken as for `parseTopology`
 * @throws TopologyError with every problem of the file, in file order
 */
export function parseSound(
  source: string | Uint8Array,
  file: string,
  defaultName: string,
  taken: string[] = [],
): Topology {
  const topology = parseTopology(source, file, defaultName, taken);
  const found = obstacles(topology, makePlan(topology));
  if (found.length === 0) return topology;
  const problems = new Problems();
  const places = placesOf(source);
  const said = new Set<string>();
  for (const { node, message, fix } of found) {
    const at = places.ofGateway(node);
    // Of nodes that a count makes the first stands for all.
    const key = `${at.line}:${at.column}`;
    if (!said.has(key)) problems.add(at, message, fix);
    said.add(key);
  }
  throw new TopologyError(file, problems.list());
}
