import { connectEngine } from '../../src/docker/engine.ts';
import type { LabRecord } from '../../src/records/lab.ts';
import { embeddedMachine } from '../../src/machine/embedded/embedded.ts';
import { localMachine } from '../../src/machine/local.ts';
import { dockerRuntime } from '../../src/runtime/docker/docker.ts';
import { netns } from '../../src/runtime/netns.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { treeMachine } from './agent/trees.ts';

/** How a process finds the runtime of another one. */
export type Way =
  | { kind: 'local'; folder: string; image: string }
  | { kind: 'tree'; tree: string; folder: string }
  | { kind: 'embedded'; folder: string }
  | { kind: 'docker'; url: string; record: LabRecord };

export function runtimeBy(way: Way): Runtime {
  if (way.kind === 'local') return netns(localMachine(way.folder, way.image));
  if (way.kind === 'tree') return netns(treeMachine(way.tree, way.folder));
  if (way.kind === 'embedded') return netns(embeddedMachine(way.folder));
  const endpoint = { url: way.url, reason: 'the test', certificates: undefined };
  return dockerRuntime(way.record, () => connectEngine(endpoint));
}

// A program of its own, which the contract kills: with the lab's turn, and one of everything that it can start on a node.
const [word, way = ''] = process.argv.slice(2);
if (word === 'hold') {
  const runtime = runtimeBy(JSON.parse(way) as Way);
  await runtime.turn(() => undefined);
  await runtime.hold([
    {
      node: 'alice',
      argv: ['sh', '-c', 'echo x >/run/lvslab-contract; echo ready >&2; sleep 5150 & wait'],
      ready: 'ready',
      files: ['/run/lvslab-contract'],
    },
  ]);
  runtime.start('alice', ['sh', '-c', 'trap "" HUP; sleep 5151; true'], { stdio: 'inherit' });
  // Neither reads its input, nor writes.
  runtime.start('bob', ['sleep', '5152'], { stdio: 'pipe' });
  void runtime.exec([{ node: 'between', argv: ['sh', '-c', 'sleep 5153; true'] }]);
  setTimeout(() => process.stdout.write('held\n'), 1000);
}
