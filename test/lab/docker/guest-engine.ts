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
import { chooseKernel, debianKernel } from '../../../src/machine/embedded/kernel.ts';
import type { KernelKind } from '../../../src/machine/embedded/kernel-kinds.ts';
import { ensureRoot } from '../../../src/machine/embedded/root.ts';
import { createProgress } from '../../../src/terminal/progress.ts';

/** A Docker engine on a kernel with ip_vs: an embedded machine that no lab has. */
export interface GuestEngine {
  /** Where its socket is on this machine. */
  socket: string;
  /** Connects anew. */
  connect: () => Promise<Engine>;
  stop: () => Promise<void>;
}

/**
 * Boots an embedded machine with an engine, which has the image of a node.
 * @param wanted the kernel; undefined: the one that the tests run on
 */
export async function startGuestEngine(wanted?: KernelKind): Promise<GuestEngine> {
  const progress = createProgress(process.stderr, { quiet: true });
  const nodes = await ensureRoot(progress);
  const root = await ensureRoot(progress, 'docker');
  const kernel = (await chooseKernel(wanted)) ?? debianKernel(root);
  const file = await ensureEngineDisk(nodes, { kernel, root }, nodeImage('amd64'), 'namespaces', progress);
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-guest-'));
  await boot(folder, {
    kernel,
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
  const connect = () => connectEngine(endpoint);
  await vi.waitFor(connect, { timeout: 60_000, interval: 100 });
  return {
    socket,
    connect,
    stop: async () => {
      await endKernel(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
