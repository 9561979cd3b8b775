import type Docker from 'dockerode';
import { runOnce } from '../../docker/one-shot.ts';
import type { Plan } from '../../plan/types.ts';
import type { Runtime } from '../runtime.ts';
import { RULES_SCRIPT, rulesThatCounted, uncountedDrops } from './host-rules.ts';
import { eatenError, unmeasuredError } from './preflight-errors.ts';
import { PATIENCE, probe, wasEaten } from './preflight.ts';

/**
 * Sends through a lab's networks what they must carry, before anything relies on them.
 * @param image of a node
 * @throws LabError machineCannot with what was eaten, and the rules of the engine's host that did; testUnknown where
 * hardly any packet came and no rule has counted them
 */
export async function tryNetworks(
  docker: Docker,
  image: string,
  plan: Plan,
  runtime: Pick<Runtime, 'exec'>,
): Promise<void> {
  if ((await probe(plan, runtime, PATIENCE.first)).length === 0) return;
  // A container in the host's own network sees the host's rules; it only reads them.
  const rules = async () => {
    const options = { NetworkMode: 'host', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN', 'NET_RAW'] };
    return (await runOnce(docker, image, ['sh', '-c', RULES_SCRIPT], options, plan.name)).output;
  };
  const before = await rules();
  const missing = await probe(plan, runtime, PATIENCE.again);
  if (missing.length === 0) return;
  const after = await rules();
  const measured = missing.filter(wasEaten);
  const told = measured.length > 0 ? measured : missing;
  // A rule may be for one packet of many, and has seen it in every round.
  const rounds = Math.min(...told.map(({ sent }) => sent));
  const flows = told.some(({ rewritten }) => rewritten.length > 0) ? 1 : undefined;
  const counted = rulesThatCounted(before, after, rounds, flows);
  const blamed = { counted, suspects: uncountedDrops(after) };
  throw measured.length > 0 || counted.length > 0 ? eatenError(told, blamed) : unmeasuredError(told, blamed);
}
