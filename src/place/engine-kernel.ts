import { engineName, type Engine } from '../docker/engine.ts';
import { kernelTrial, readKernelTrial, type EngineKernel } from '../docker/kernel.ts';
import { engineSecurity } from '../docker/security.ts';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal } from '../host/interrupt.ts';
import { tryNode } from '../runtime/docker/trial.ts';
import type { Scheduler } from '../topology/types.ts';

/**
 * Finds out what the kernel under an engine can do, on a container that is made and used as a lab's nodes are.
 * @param schedulers those to try; the kernel loads them where it has them as modules
 * @throws LabError machineCannot where no such container works there
 */
export async function engineKernel(engine: Engine, schedulers: readonly Scheduler[]): Promise<EngineKernel> {
  try {
    const { code, stdout, stderr } = await tryNode(engine, kernelTrial(schedulers));
    if (code === 0) return readKernelTrial(stdout.toString(), (await engineSecurity(engine.docker)).rootless);
    throw new LabError(EXIT.machineCannot, `a command on a node ended with ${code}: ${stderr.trim()}`);
  } catch (error) {
    interruptSignal.throwIfAborted();
    if (!(error instanceof LabError)) throw error;
    const { message, fix } = error;
    throw new LabError(EXIT.machineCannot, `no node works on ${engineName(engine)}: ${message}`, {
      ...(fix === undefined ? {} : { fix }),
      cause: error,
    });
  }
}
