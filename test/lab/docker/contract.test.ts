import { ensureNodeImage } from '../../../src/docker/image.ts';
import { createProgress } from '../../../src/terminal/progress.ts';
import { dockerRuntime } from '../../../src/runtime/docker/docker.ts';
import { contract } from '../contract.ts';
import { placeOn, record } from './contract-place.ts';
import { RELEASES, startEngine } from './engine.ts';
import { startGuestEngine } from './guest-engine.ts';

for (const release of RELEASES)
  contract(`Docker ${release} on this machine`, async () => {
    const started = await startEngine(release);
    await ensureNodeImage(started.engine, createProgress(process.stderr, { quiet: true }));
    return placeOn(started);
  });

contract('Docker in the embedded machine', async () => {
  const { socket, connect, stop } = await startGuestEngine();
  return {
    runtime: dockerRuntime(record, connect),
    way: { kind: 'docker', url: `unix://${socket}`, record },
    end: stop,
  };
});
