import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostProcessor, type Processor } from '../../../src/host/processor.ts';
import { packageRoot } from '../../../src/host/paths.ts';
import { netns } from '../../../src/runtime/netns.ts';
import { contract } from '../contract.ts';
import { ensureTree, treeMachine } from './trees.ts';

for (const processor of ['amd64', 'arm64'] satisfies Processor[])
  contract(
    `namespaces made by programs of ${processor}`,
    async () => {
      const tree = await ensureTree(processor);
      const folder = mkdtempSync(join(tmpdir(), 'lvslab-tree-'));
      copyFileSync(join(packageRoot, 'images', 'node-agent'), join(folder, 'node-agent'));
      return {
        runtime: netns(treeMachine(tree, folder)),
        way: { kind: 'tree', tree, folder },
        end: () => {
          rmSync(folder, { recursive: true, force: true });
          return Promise.resolve();
        },
      };
    },
    processor !== hostProcessor(),
  );
