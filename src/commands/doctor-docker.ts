import { findEndpoint } from '../docker/endpoint.ts';
import { connectEngine } from '../docker/engine.ts';
import { ensureNodeImage, nodeImageOn } from '../docker/image.ts';
import { ENGINE_MODULES, LOADING, loadModules, withoutIpVs } from '../docker/kernel.ts';
import { orEmbedded } from '../embedded-here.ts';
import { EXIT, LabError } from '../errors.ts';
import type { Progress } from '../report/progress.ts';
import { engineKernel } from './engine-kernel.ts';

/**
 * Loads what LVS takes into the kernel under the engine at hand, after saying what it will do.
 * @throws LabError machineCannot where there is no engine, or its kernel has no ip_vs at all
 */
export async function fixEngine(progress: Progress): Promise<void> {
  const engine = await connectEngine(findEndpoint());
  await ensureNodeImage(engine, progress);
  progress.note(`${LOADING}: ${ENGINE_MODULES.join(' ')}`);
  const missing = await loadModules(engine.docker, nodeImageOn(engine));
  const found = await engineKernel(engine, []);
  if (!found.ipVs) {
    const { words } = found;
    const { does, fix } = withoutIpVs(found, 'take an engine whose kernel has it');
    throw new LabError(
      EXIT.machineCannot,
      `the engine's kernel (${engine.kernel}) ${does}${words === '' ? '' : `: ${words}`}`,
      { mend: orEmbedded(fix, 'or bring the lab its own kernel: lab up … --machine embedded') },
    );
  }
  if (missing.length > 0)
    progress.note(`not to be had as modules (built in, or absent): ${missing.join(' ')}`);
}
