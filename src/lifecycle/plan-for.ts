import type { Endpoint } from '../docker/endpoint.ts';
import { connectEngine } from '../docker/engine.ts';
import { engineSubnets } from '../docker/subnets.ts';
import type { Plan } from '../plan/types.ts';
import type { Progress } from '../terminal/progress.ts';
import { overlaps } from '../topology/open-subnets.ts';

/**
 * A lab's plan for an engine: with other subnets where the topology leaves them open and the engine has networks of its
 * own there.
 * @param planAround plans it with other subnets than these, where it leaves them open
 * @param engine undefined where nothing can be in the way
 */
export async function planFor(
  { plan, planAround }: { plan: Plan; planAround: (taken: string[]) => Plan },
  engine: Endpoint | undefined,
  progress: Progress,
): Promise<{ plan: Plan; around?: string[] }> {
  if (engine === undefined) return { plan };
  const { docker } = await connectEngine(engine);
  const around = (await engineSubnets(docker)).map(({ subnet }) => subnet);
  const taken = (own: string) => around.some((theirs) => overlaps(own, theirs));
  if (!plan.networks.some(({ subnets }) => subnets.some(taken))) return { plan };
  const other = planAround(around);
  const moved = other.networks.filter((n, at) => n.subnets.join() !== plan.networks[at]?.subnets.join());
  if (moved.length === 0) return { plan };
  for (const { name, subnets } of moved)
    progress.note(`network ${name} gets ${subnets.join(' and ')}, because the engine has others in the way`);
  return { plan: other, around };
}
