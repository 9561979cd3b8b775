import { findEndpoint } from '../docker/endpoint.ts';
import { connectEngine, type Engine } from '../docker/engine.ts';
import { ensureNodeImage, nodeImageOn } from '../docker/image.ts';
import { ENGINE_MODULES, LOADING, loadModules, withoutIpVs, type EngineKernel } from '../docker/kernel.ts';
import { engineSecurity } from '../docker/security.ts';
import { orEmbedded } from '../host/embedded-here.ts';
import { EXIT, LabError } from '../errors.ts';
import type { Progress } from '../terminal/progress.ts';
import { engineKernel } from './engine-kernel.ts';

/**
 * Loads what LVS takes into the kernel under the engine at hand, after saying what it will do.
 * @throws LabError machineCannot where there is no engine, or its kernel has no ip_vs at all
 */
export async function fixEngine(progress: Progress): Promise<void> {
  const engine = await connectEngine(findEndpoint());
  const { rootless } = await engineSecurity(engine.docker);
  // Its containers may not load modules either.
  if (rootless) throw unfit(engine, { words: '', rootless });
  await ensureNodeImage(engine, progress);
  progress.note(`${LOADING}: ${ENGINE_MODULES.join(' ')}`);
  const missing = await loadModules(engine.docker, nodeImageOn(engine));
  const found = await engineKernel(engine, []);
  if (!found.ipVs) throw unfit(engine, found);
  if (missing.length > 0)
    progress.note(`not to be had as modules (built in, or absent): ${missing.join(' ')}`);
}

function unfit({ kernel }: Engine, found: Pick<EngineKernel, 'words' | 'rootless'>): LabError {
  const { does, fix } = withoutIpVs(found, 'take an engine whose kernel has it');
  const words = found.words === '' ? '' : `: ${found.words}`;
  return new LabError(EXIT.machineCannot, `the engine's kernel (${kernel}) ${does}${words}`, {
    fix: orEmbedded(fix, 'or bring the lab its own kernel: lab up … --machine embedded'),
  });
}
