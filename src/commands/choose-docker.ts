import { findEndpoint, mayListen, type Endpoint } from '../docker/endpoint.ts';
import { knownSockets, offerOf } from '../docker/known-sockets.ts';
import { connectEngine } from '../docker/engine.ts';
import { ensureNodeImage, nodeImage } from '../docker/image.ts';
import { engineKernel, withoutIpVs } from '../docker/kernel.ts';
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
  if (!mayListen(endpoint)) {
    const others = offerOf(knownSockets(endpoint));
    const another = others === undefined ? 'DOCKER_HOST' : `DOCKER_HOST (found: ${others})`;
    throw new LabError(
      EXIT.machineCannot,
      `there is no Docker engine at ${endpoint.url} (${endpoint.reason})`,
      {
        mend: `start one, or name another with ${another}; one can also be embedded: --machine embedded --runtime docker`,
      },
    );
  }
  const found = await connectEngine(endpoint);
  await ensureNodeImage(found, progress);
  const name = `${found.product} ${found.version} at ${endpoint.url}`;
  if (!needsIpVs) return { engine: endpoint, reason: name };
  const kernel = await engineKernel(found.docker, nodeImage());
  if (kernel.ipVs) return { engine: endpoint, reason: `${name}, whose kernel has ip_vs` };
  const { detail, mend } = await withoutIpVs(found, kernel);
  throw new LabError(EXIT.machineCannot, `no ip_vs under ${name}: kernel ${detail}`, { mend });
}
