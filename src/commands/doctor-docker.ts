import { findEndpoint, mayListen } from '../docker/endpoint.ts';
import { connectEngine, type Engine } from '../docker/engine.ts';
import { ensureNodeImage, hasNodeImage, nodeImage } from '../docker/image.ts';
import {
  ENGINE_MODULES,
  LOADING,
  engineKernel,
  loadModules,
  withoutIpVs,
  type EngineKernel,
} from '../docker/kernel.ts';
import { EXIT, LabError } from '../errors.ts';
import type { Progress } from '../report/progress.ts';
import { SCHEDULERS } from '../topology/types.ts';
import type { Finding } from './diagnosis.ts';

/** What the Docker engine at hand can do for LVS. Changes nothing. */
export async function dockerFindings(): Promise<Finding[]> {
  const endpoint = findEndpoint();
  const where = `${endpoint.url} (${endpoint.reason})`;
  if (!mayListen(endpoint)) return [{ title: 'docker', state: 'missing', detail: `no engine at ${where}` }];
  let engine: Engine;
  try {
    engine = await connectEngine(endpoint);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const { message: detail, mend } = error;
    return [{ title: 'docker', state: 'cannot', detail, ...(mend === undefined ? {} : { mend }) }];
  }
  const found: Finding = {
    title: 'docker',
    state: 'ok',
    detail: `${engine.product} ${engine.version} at ${where}, kernel ${engine.kernel}`,
  };
  if (!(await hasNodeImage(engine.docker)))
    return [
      found,
      {
        title: 'node image',
        state: 'missing',
        detail: `${nodeImage()} is not on the engine yet; its kernel cannot be looked at without`,
        mend: 'lab image build (or lab image import FILE); the first `lab up` on it does so too',
      },
    ];
  return [
    found,
    { title: 'node image', state: 'ok', detail: nodeImage() },
    await kernelFinding(engine, await engineKernel(engine.docker, nodeImage())),
  ];
}

async function kernelFinding(engine: Engine, found: EngineKernel): Promise<Finding> {
  const { kernel } = engine;
  const { ipVs, schedulers, ipip } = found;
  const title = 'engine kernel';
  const mend = 'lab doctor --fix loads them, where the kernel has them as modules';
  if (!ipVs) return { title, state: 'cannot', ...(await withoutIpVs(engine, found)) };
  const lacking = SCHEDULERS.filter((scheduler) => !schedulers.includes(scheduler));
  const tunnels = ipip ? '' : '; no ipip, which TUN needs';
  if (lacking.length === 0 && ipip)
    return { title, state: 'ok', detail: `${kernel} has ip_vs, every scheduler, and ipip` };
  const missing = lacking.length === 0 ? '' : `; lacks schedulers ${lacking.join(' ')}`;
  return { title, state: 'missing', detail: `${kernel} has ip_vs${missing}${tunnels}`, mend };
}

/**
 * Loads what LVS takes into the kernel under the engine at hand, after saying what it will do.
 * @throws LabError machineCannot where there is no engine, or its kernel has no ip_vs at all
 */
export async function fixEngine(progress: Progress): Promise<void> {
  const engine = await connectEngine(findEndpoint());
  await ensureNodeImage(engine, progress);
  progress.note(`${LOADING}: ${ENGINE_MODULES.join(' ')}`);
  const missing = await loadModules(engine.docker, nodeImage());
  const found = await engineKernel(engine.docker, nodeImage());
  if (!found.ipVs)
    throw new LabError(
      EXIT.machineCannot,
      `the engine's kernel ${(await withoutIpVs(engine, found)).detail}`,
      { mend: 'bring the lab its own kernel: lab up … --machine embedded' },
    );
  if (missing.length > 0)
    progress.note(`not to be had as modules (built in, or absent): ${missing.join(' ')}`);
}
