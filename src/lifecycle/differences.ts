import { randomBytes } from 'node:crypto';
import { compare, type Difference } from '../drift/compare.ts';
import { dumpScript, readDump } from '../drift/dump.ts';
import type { Found } from '../drift/facts.ts';
import { foundFacts } from '../drift/found.ts';
import { plannedFacts } from '../drift/planned.ts';
import { settingsOf } from '../records/lab.ts';
import type { PlannedNode } from '../plan/types.ts';
import type { RunningLab } from './existing.ts';

/** A node beside its plan. */
export interface Inspection {
  node: PlannedNode;
  found: Found;
  differences: Difference[];
}

/**
 * Asks nodes what they have, all at once and without changing anything, and compares it with the plan.
 * @param script by which they say it: what that does not ask for is not compared
 */
export async function inspect(
  { record, runtime }: RunningLab,
  nodes: PlannedNode[],
  script: typeof dumpScript = dumpScript,
): Promise<Inspection[]> {
  const marker = `end-${randomBytes(12).toString('hex')}`;
  const settings = settingsOf(record.name);
  const results = await runtime.exec(
    nodes.map((node) => ({ node: node.name, argv: ['sh'], input: script(node, marker) })),
  );
  return nodes.map((node, index) => {
    const found = foundFacts(node, readDump(results[index]?.stdout.toString() ?? '', marker));
    const planned = plannedFacts(record.plan, node, settings[node.name]);
    return { node, found, differences: compare(planned, found) };
  });
}
