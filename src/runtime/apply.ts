import { EXIT, LabError } from '../errors.ts';
import { runScript } from '../plan/script.ts';
import type { Plan } from '../plan/types.ts';
import type { Runtime } from './runtime.ts';

/**
 * Carries out the steps of every node, all nodes at once.
 * @throws LabError labFailed with each node's failed command and what it said
 */
export async function apply(plan: Plan, runtime: Runtime): Promise<void> {
  const results = await runtime.exec(
    plan.nodes.map((node) => ({ node: node.name, argv: ['sh'], input: runScript(node.steps) })),
  );
  const failures = results.flatMap((result, index) =>
    result.code === 0
      ? []
      : [`${plan.nodes[index]?.name ?? ''}: ${result.stderr.trim()} (exit code ${result.code})`],
  );
  if (failures.length > 0) throw new LabError(EXIT.labFailed, failures.join('\n'));
}
