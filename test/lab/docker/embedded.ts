import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { connectEngine, type Engine } from '../../../src/docker/engine.ts';
import { nodeImage } from '../../../src/docker/image.ts';
import { boot } from '../../../src/machine/embedded/boot.ts';
import { endKernel } from '../../../src/machine/embedded/builds.ts';
import { GUEST_SOCKET, ensureEngineDisk } from '../../../src/machine/embedded/engine-disk.ts';
import { forwardOnLine } from '../../../src/machine/embedded/line.ts';
import { ensureRoot } from '../../../src/machine/embedded/root.ts';
import { createProgress } from '../../../src/report/progress.ts';

/** A Docker engine whose kernel has ip_vs, and the image of a node. */
export interface EmbeddedEngine {
  /** Of this host. */
  socket: string;
  connect: () => Promise<Engine>;
  stop: () => Promise<void>;
}

/** Boots an embedded machine with an engine in it. */
export async function startEmbeddedEngine(): Promise<EmbeddedEngine> {
  const progress = createProgress(process.stderr, { quiet: true });
  const nodes = await ensureRoot(progress);
  const root = await ensureRoot(progress, 'docker');
  const file = await ensureEngineDisk(nodes, root, nodeImage(), 'namespaces', progress);
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-embedded-'));
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
    socket,
    connect: () => connectEngine(endpoint),
    stop: async () => {
      await endKernel(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
