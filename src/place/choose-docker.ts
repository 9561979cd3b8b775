import { findEndpoint, mayListen, type Endpoint } from '../docker/endpoint.ts';
import { connectEngine, engineName, type Engine } from '../docker/engine.ts';
import { ensureNodeImage } from '../docker/image.ts';
import { MODULES_FIX, withoutIpVs } from '../docker/kernel.ts';
import { knownSockets, startOrName } from '../docker/known-sockets.ts';
import { orEmbedded } from '../host/embedded-here.ts';
import { EXIT, LabError } from '../errors.ts';
import { kernelParts, type KernelPart } from '../plan/kernel-parts.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Scheduler } from '../topology/types.ts';
import { engineKernel } from './engine-kernel.ts';
import { lacksParts, type PartAsking } from './kernel-parts.ts';

/**
 * Looks whether a lab's nodes can be containers of an engine; it gets the image of a node if it lacks it.
 * @param engine undefined: the one that Docker's own client would talk to
 * @throws LabError machineCannot where nothing answers there, or its kernel cannot do what the lab needs
 */
export async function dockerAt(
  engine: Endpoint | undefined,
  { plan, topology }: PartAsking,
  progress: Progress,
): Promise<{ engine: Endpoint; reason: string }> {
  const endpoint = engine ?? findEndpoint();
  if (!mayListen(endpoint))
    throw new LabError(
      EXIT.machineCannot,
      `there is no Docker engine at ${endpoint.url} (${endpoint.reason})`,
      {
        fix: orEmbedded(
          startOrName(knownSockets(endpoint)),
          'one can also be embedded: --machine embedded --runtime docker',
        ),
      },
    );
  const found = await connectEngine(endpoint);
  const name = engineName(found);
  await ensureNodeImage(found, progress);
  if (plan.services.length === 0 && kernelParts(plan).length === 0) return { engine: endpoint, reason: name };
  await assertKernel(found, { plan, topology }, name);
  return { engine: endpoint, reason: plan.services.length === 0 ? name : `${name}, whose kernel has ip_vs` };
}

/** Tries just what the lab takes of the kernel, which it would have to load anyway. */
async function assertKernel(engine: Engine, { plan, topology }: PartAsking, name: string): Promise<void> {
  const wanted = [...new Set(plan.services.map(({ scheduler }): Scheduler => scheduler))];
  const found = await engineKernel(engine, wanted);
  const { ipVs, words, schedulers, ipip, iptables } = found;
  const cannot = (does: string, fix: string) =>
    new LabError(
      EXIT.machineCannot,
      `the kernel under ${name} ${does} (${engine.kernel}${words === '' ? '' : `: ${words}`})`,
      { fix: orEmbedded(fix) },
    );
  if (plan.services.length > 0 && !ipVs) {
    const { does, fix } = withoutIpVs(found);
    throw cannot(does, fix);
  }
  const has: Record<KernelPart, boolean> = { ip_vs_twos: schedulers.includes('twos'), iptables };
  const parts = kernelParts(plan).filter((part) => !has[part]);
  if (parts.length > 0)
    throw lacksParts(topology, parts, `the kernel under ${name} (${engine.kernel})`, MODULES_FIX);
  const lacking = [
    ...wanted.filter((scheduler) => !schedulers.includes(scheduler)).map((name) => `ip_vs_${name}`),
    ...(plan.modules.includes('ipip') && !ipip ? ['ipip'] : []),
  ];
  if (lacking.length > 0) throw cannot(`has no ${lacking.join(', ')}`, MODULES_FIX);
}
