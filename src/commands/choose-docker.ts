import { findEndpoint, mayListen, type Endpoint } from '../docker/endpoint.ts';
import { connectEngine } from '../docker/engine.ts';
import { ensureNodeImage, nodeImageOn } from '../docker/image.ts';
import { engineKernel } from '../docker/kernel.ts';
import { EXIT, LabError } from '../errors.ts';
import type { Progress } from '../report/progress.ts';

/**
 * Looks whether a lab's nodes can be containers of an engine; it gets the image of a node if it lacks it.
 * @param engine undefined: the one that Docker's own client would talk to
 * @throws LabError machineCannot where nothing answers there, or its kernel cannot do what the lab needs
 */
export async function dockerAt(
  engine: Endpoint | undefined,
  needsIpVs: boolean,
  progress: Progress,
): Promise<{ engine: Endpoint; reason: string }> {
  const endpoint = engine ?? findEndpoint();
  if (!mayListen(endpoint))
    throw new LabError(
      EXIT.machineCannot,
      `there is no Docker engine at ${endpoint.url} (${endpoint.reason})`,
      {
        mend: 'start one, or name another with DOCKER_HOST; one can also be embedded: --machine embedded --runtime docker',
      },
    );
  const found = await connectEngine(endpoint);
  await ensureNodeImage(found, progress);
  const name = `Docker ${found.version} at ${endpoint.url}`;
  if (!needsIpVs) return { engine: endpoint, reason: name };
  if ((await engineKernel(found.docker, nodeImageOn(found))).ipVs)
    return { engine: endpoint, reason: `${name}, whose kernel has ip_vs` };
  throw new LabError(EXIT.machineCannot, `the kernel under ${name} has no ip_vs (${found.kernel})`, {
    mend: 'lab doctor --fix loads it where the kernel has it as a module; or leave Docker out: --machine embedded',
  });
}
