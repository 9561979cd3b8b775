import { MODULES_FIX, withoutIpVs, type EngineKernel } from '../docker/kernel.ts';
import { offerOf } from '../docker/known-sockets.ts';
import { noLabsWhere } from '../machine/expect-processor.ts';
import { processorText } from '../host/processor.ts';
import { SCHEDULERS, type Scheduler } from '../topology/types.ts';
import type { HostFinding } from './diagnosis.ts';
import type { EngineFacts, Failed } from './engine-facts.ts';

/** What was found out about an engine, as findings. */
export function dockerFindings(facts: EngineFacts): HostFinding[] {
  if (facts.state === 'absent')
    return [{ title: 'docker', state: 'missing', detail: `no engine at ${facts.where}` }];
  if (facts.state === 'unreachable') return [failed('docker', facts)];
  const { where, product, version, kernel, processor, arch, image, hasImage, node, tried } = facts;
  const what = `${product} ${version} at ${where}, kernel ${kernel}`;
  if (processor === undefined)
    return [
      {
        title: 'docker',
        state: 'cannot',
        detail: noLabsWhere(`the Docker engine at ${where} runs on ${arch}`),
        fix: 'name an engine on x86-64 or arm64 with DOCKER_HOST',
      },
    ];
  const engine: HostFinding = {
    title: 'docker',
    state: 'ok',
    detail: `${what}, ${processorText(processor)}`,
  };
  if (typeof hasImage !== 'boolean') return [engine, failed('node image', hasImage)];
  if (!hasImage)
    return [
      engine,
      {
        title: 'node image',
        state: 'missing',
        detail: `${image} is not on the engine yet; the first \`lab up\` there makes it`,
        fix: 'lab image build (or lab image import FILE) makes it now',
      },
      {
        title: 'engine kernel',
        state: 'unknown',
        detail: `whether ${kernel} has ip_vs is not known yet: only a node can tell`,
      },
    ];
  const found: HostFinding[] = [engine, { title: 'node image', state: 'ok', detail: image }];
  if (node === undefined) return found;
  if ('message' in node) return [...found, failed('node', node)];
  return [
    ...found,
    { title: 'node', state: 'ok', detail: 'one was made, ran a command, and is gone again' },
    kernelFinding(kernel, node, tried),
  ];
}

/** Engines beside it, as a finding; none where there are none. */
export function otherEngines({ others }: EngineFacts): HostFinding[] {
  const offer = offerOf(others);
  return offer === undefined
    ? []
    : [{ title: 'other engines', state: 'ok', detail: `found also, used where they are named: ${offer}` }];
}

/** Whether labs with virtual services run on an engine; null where that is not known yet. */
export function engineReady(facts: EngineFacts): boolean | null {
  if (facts.state !== 'answers' || facts.processor === undefined || typeof facts.hasImage !== 'boolean')
    return false;
  const { node } = facts;
  return node === undefined ? null : !('message' in node) && node.ipVs;
}

function failed(title: string, { message, fix }: Failed): HostFinding {
  return { title, state: 'cannot', detail: message, ...(fix === undefined ? {} : { fix: fix }) };
}

function kernelFinding(kernel: string, found: EngineKernel, tried: readonly Scheduler[]): HostFinding {
  const title = 'engine kernel';
  const { ipVs, words, schedulers, ipip } = found;
  if (!ipVs) {
    const { does, fix } = withoutIpVs(found);
    return {
      title,
      state: 'cannot',
      detail: `${kernel} ${does}${words === '' ? '' : ` (${words})`}`,
      fix: fix,
    };
  }
  const lacking = tried.filter((scheduler) => !schedulers.includes(scheduler));
  if (lacking.length > 0 || !ipip)
    return {
      title,
      state: 'missing',
      detail: `${kernel} has ip_vs${lacking.length === 0 ? '' : `; lacks schedulers ${lacking.join(' ')}`}${ipip ? '' : '; no ipip, which TUN needs'}`,
      fix: MODULES_FIX,
    };
  const all = SCHEDULERS.every((scheduler) => tried.includes(scheduler));
  return {
    title,
    state: 'ok',
    detail: `${kernel} has ip_vs, ipip and ${all ? 'every scheduler' : `scheduler ${tried.join(' ')} (all: lab doctor --schedulers)`}`,
  };
}
