import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localMachine } from '../../src/machine/local.ts';
import { boot } from '../../src/machine/embedded/boot.ts';
import { endKernel } from '../../src/machine/embedded/builds.ts';
import { embeddedMachine } from '../../src/machine/embedded/embedded.ts';
import { chooseKernel, debianKernel } from '../../src/machine/embedded/kernel.ts';
import { ensureRoot } from '../../src/machine/embedded/root.ts';
import { createProgress } from '../../src/terminal/progress.ts';
import { netns } from '../../src/runtime/netns.ts';
import { contract } from './contract.ts';

const quiet = () => createProgress(process.stderr, { quiet: true });

contract('namespaces on this host', async () => {
  const root = await ensureRoot(quiet());
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-contract-'));
  return {
    runtime: netns(localMachine(join(folder, 'nodes'), root.image)),
    way: { kind: 'local', folder: join(folder, 'nodes'), image: root.image },
    end: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
});

contract('namespaces in the embedded kernel', async () => {
  const root = await ensureRoot(quiet());
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-contract-'));
  mkdirSync(folder, { recursive: true });
  const kernel = (await chooseKernel(undefined)) ?? debianKernel(root);
  const plain = { modules: [], disks: [], engine: false };
  await boot(folder, { kernel, root, memory: 384, confinement: 'namespaces', ...plain });
  return {
    runtime: netns(embeddedMachine(folder)),
    way: { kind: 'embedded', folder },
    end: async () => {
      await endKernel(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
