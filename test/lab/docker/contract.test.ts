import { ensureNodeImage } from '../../../src/docker/image.ts';
import type { LabRecord } from '../../../src/lab.ts';
import { createProgress } from '../../../src/report/progress.ts';
import { dockerRuntime } from '../../../src/runtime/docker/docker.ts';
import { CONTRACT_PLAN, contract } from '../contract.ts';
import { RELEASES, startEngine } from './engine.ts';
import { startGuestEngine } from './guest-engine.ts';

/** The record of the contract's lab on Docker. */
const record: LabRecord = {
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

for (const release of RELEASES)
  contract(`Docker ${release} on this machine`, async () => {
    const started = await startEngine(release);
    await ensureNodeImage(started.engine, createProgress(process.stderr, { quiet: true }));
    return {
      runtime: dockerRuntime(record, () => Promise.resolve(started.engine)),
      way: { kind: 'docker', url: started.url, record },
      end: async () => {
        const left = (await started.everything()).filter((name) => name.includes('lvslab'));
        await started.stop();
        if (left.length > 0) throw new Error(`left on the engine: ${left.join(', ')}`);
      },
    };
  });

contract('Docker in the embedded machine', async () => {
  const { socket, connect, stop } = await startGuestEngine();
  return {
    runtime: dockerRuntime(record, connect),
    way: { kind: 'docker', url: `unix://${socket}`, record },
    end: stop,
  };
});
