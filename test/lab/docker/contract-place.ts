import type { LabRecord } from '../../../src/records/lab.ts';
import { dockerRuntime } from '../../../src/runtime/docker/docker.ts';
import { CONTRACT_PLAN } from '../contract.ts';
import type { TestEngine } from './engine.ts';

/** The record of the contract's lab on Docker. */
export const record: LabRecord = {
  version: 1,
  name: CONTRACT_PLAN.name,
  machine: 'local',
  runtime: 'docker',
  topology: 'contract.yaml',
  toolVersion: '0',
  created: '2000-01-01T00:00:00.000Z',
  complete: true,
  plan: CONTRACT_PLAN,
};

/** The contract's lab on an engine that has the image of a node; ends with the engine, which is to have nothing of it then. */
export function placeOn(started: TestEngine) {
  return {
    runtime: dockerRuntime(record, () => Promise.resolve(started.engine)),
    way: { kind: 'docker' as const, url: started.url, record },
    end: async () => {
      const left = (await started.everything()).filter((name) => name.includes('lvslab'));
      await started.stop();
      if (left.length > 0) throw new Error(`left on the engine: ${left.join(', ')}`);
    },
  };
}
