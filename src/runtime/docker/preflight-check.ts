import type Docker from 'dockerode';
import { runOnce } from '../../docker/one-shot.ts';
import type { Plan } from '../../plan/types.ts';
import type { Runtime } from '../runtime.ts';
import { eatenError, probe, rulesThatCounted } from './preflight.ts';

/** Rules with their counters, in both forms of iptables. */
const RULES = 'iptables-save -c; iptables-legacy-save -c 2>/dev/null; true';

/**
 * Sends through a lab's networks what they must carry, before anything relies on them.
 * @param image of a node
 * @throws LabError machineCannot with what was eaten, and the rules of the engine's host that did
 */
export async function checkNetworks(
  docker: Docker,
  image: string,
  plan: Plan,
  runtime: Pick<Runtime, 'exec'>,
): Promise<void> {
  if ((await probe(plan, runtime)).length === 0) return;
  // A container in the host's own network sees the host's rules; it only reads them.
  const rules = async () => {
    const options = { NetworkMode: 'host', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN', 'NET_RAW'] };
    return (await runOnce(docker, image, ['sh', '-c', RULES], options, plan.name)).output;
  };
  const before = await rules();
  const eaten = await probe(plan, runtime);
  if (eaten.length === 0) return;
  const fewest = Math.min(...eaten.map((e) => e.missing.length));
  throw eatenError(eaten, rulesThatCounted(before, await rules(), fewest * 5));
}
