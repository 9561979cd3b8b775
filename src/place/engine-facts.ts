import { findEndpoint, mayListen, type Endpoint } from '../docker/endpoint.ts';
import { connectEngine, type Engine } from '../docker/engine.ts';
import { hasNodeImage, nodeImageOn } from '../docker/image.ts';
import type { EngineKernel } from '../docker/kernel.ts';
import { knownSockets, type KnownSocket } from '../docker/known-sockets.ts';
import { LabError } from '../errors.ts';
import type { Processor } from '../host/processor.ts';
import type { Scheduler } from '../topology/types.ts';
import { engineKernel } from './engine-kernel.ts';

/** What went wrong, and what to do. */
export interface Failed {
  message: string;
  fix?: string;
}

/** What was found out about the Docker engine at hand. */
export type EngineFacts = EngineState & {
  /** Engines that a lab would be on if they were named, beside the one that is used unasked. */
  others: KnownSocket[];
};

type EngineState =
  | { state: 'absent'; where: string }
  | ({ state: 'unreachable' } & Failed)
  | {
      state: 'answers';
      where: string;
      product: Engine['product'];
      version: string;
      /** Its kernel's release. */
      kernel: string;
      /** Undefined for one that no lab runs on. */
      processor: Processor | undefined;
      /** Its processor as it says it itself. */
      arch: string;
      /** The name of the image that its nodes take; empty where none run there. */
      image: string;
      /** Whether it has that; what is wrong with the one it has. */
      hasImage: boolean | Failed;
      /** What a node there finds, or why none works; absent where none could be made yet. */
      node?: EngineKernel | Failed;
      /** Those that were tried on the node. */
      tried: readonly Scheduler[];
    };

/**
 * Looks at the engine that Docker's own client would talk to, and for others, to which it does not connect. Where that
 * one has the image of a node, one is made, used and removed; its kernel then loads what is tried and what it has as
 * modules.
 */
export async function engineFacts(tried: readonly Scheduler[]): Promise<EngineFacts> {
  const endpoint = await orFailed(Promise.resolve().then(() => findEndpoint()));
  if ('message' in endpoint) return { state: 'unreachable', ...endpoint, others: knownSockets(undefined) };
  return { ...(await engineState(endpoint, tried)), others: knownSockets(endpoint) };
}

async function engineState(endpoint: Endpoint, tried: readonly Scheduler[]): Promise<EngineState> {
  const where = `${endpoint.url} (${endpoint.reason})`;
  if (!mayListen(endpoint)) return { state: 'absent', where };
  const engine = await orFailed(connectEngine(endpoint));
  if ('message' in engine) return { state: 'unreachable', ...engine };
  const { product, version, kernel, processor, arch } = engine;
  const base = { state: 'answers' as const, where, product, version, kernel, processor, arch, tried };
  if (processor === undefined) return { ...base, image: '', hasImage: false };
  const image = nodeImageOn(engine);
  const there = await orFailed(imageOn(engine));
  if ('message' in there) return { ...base, image, hasImage: there };
  const node = there.has ? { node: await orFailed(engineKernel(engine, tried)) } : {};
  return { ...base, image, hasImage: there.has, ...node };
}

async function imageOn(engine: Engine): Promise<{ has: boolean }> {
  return { has: await hasNodeImage(engine) };
}

async function orFailed<T extends object>(work: Promise<T>): Promise<T | Failed> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const { message, fix } = error;
    return { message, ...(fix === undefined ? {} : { fix: fix }) };
  }
}
