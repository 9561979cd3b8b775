import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { connectEngine } from '../../../src/docker/engine.ts';
import { ensureNodeImage, nodeImage } from '../../../src/docker/image.ts';
import type { LabRecord } from '../../../src/lab.ts';
import { boot } from '../../../src/machine/embedded/boot.ts';
import { endKernel } from '../../../src/machine/embedded/builds.ts';
import { GUEST_SOCKET, ensureEngineDisk } from '../../../src/machine/embedded/engine-disk.ts';
import { forwardOnLine } from '../../../src/machine/embedded/line.ts';
import { ensureRoot } from '../../../src/machine/embedded/root.ts';
import { createProgress } from '../../../src/report/progress.ts';
import { dockerRuntime } from '../../../src/runtime/docker/docker.ts';
import { CONTRACT_PLAN, contract } from '../contract.ts';
import { RELEASES, startEngine } from './engine.ts';

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
  const progress = createProgress(process.stderr, { quiet: true });
  const nodes = await ensureRoot(progress);
  const root = await ensureRoot(progress, 'docker');
  const file = await ensureEngineDisk(nodes, root, nodeImage('amd64'), 'namespaces', progress);
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-contract-'));
  await boot(folder, {
    root,
    memory: 1024,
    modules: [],
    confinement: 'namespaces',
    disks: [{ file, use: 'copy' }],
    engine: true,
    // Also where the rest of this cannot be set up.
    endsWithCaller: true,
  });
  const socket = join(folder, 'docker.sock');
  await forwardOnLine(folder, 'docker.sock', GUEST_SOCKET);
  const endpoint = { url: `unix://${socket}`, reason: 'the test', certificates: undefined };
  await vi.waitFor(() => connectEngine(endpoint), { timeout: 60_000, interval: 100 });
  return {
    runtime: dockerRuntime(record, () => connectEngine(endpoint)),
    way: { kind: 'docker', url: endpoint.url, record },
    end: async () => {
      await endKernel(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
