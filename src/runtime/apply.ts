import { readSettings, settingsCommand, type Settings } from '../drift/settings.ts';
import { EXIT, LabError } from '../errors.ts';
import { runScript } from '../plan/script.ts';
import type { Plan } from '../plan/types.ts';
import type { Runtime } from './runtime.ts';

/**
 * Carries out the steps of every node, all nodes at once.
 * @returns each node's sysctls as they are then: what a student changes later can be told from what was so
 * @throws LabError labFailed with each node's failed command and what it said
 */
export async function apply(plan: Plan, runtime: Runtime): Promise<Record<string, Settings>> {
  const results = await runtime.exec(
    plan.nodes.map((node) => ({
      node: node.name,
      argv: ['sh'],
      // Asked in the same breath: one more process, but no more rounds.
      input: `${runScript(node.steps)}${settingsCommand(node)} || :\n`,
    })),
  );
  const failures = results.flatMap((result, index) =>
    result.code === 0
      ? []
      : [`${plan.nodes[index]?.name ?? ''}: ${result.stderr.trim()} (exit code ${result.code})`],
  );
  if (failures.length > 0) throw new LabError(EXIT.labFailed, failures.join('\n'));
  return Object.fromEntries(
    plan.nodes.map((node, index) => [node.name, readSettings(results[index]?.stdout.toString() ?? '')]),
  );
}
