import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError } from '../../errors.ts';
import type { Engine } from '../../docker/engine.ts';
import { engineError } from '../../docker/engine-errors.ts';
import { labelFilter, LABEL } from '../../docker/labels.ts';
import { inParallel } from './in-parallel.ts';

type Api = Engine['docker'];

/** How often it is looked again, before it is said that something does not go. */
const ROUNDS = 100;

/** In how many rounds an engine may fail at something, before what it says of it is the answer. */
const FAILURES = 5;

/** Milliseconds until it is looked again where nothing was there, or an engine has failed. */
const PAUSE = 100;

/**
 * Removes all containers and networks of a lab, and returns when none is left.
 * @throws LabError labFailed where something does not go, with the engine's own words where it has failed at it
 */
export async function removeLab(api: Api, lab: string): Promise<void> {
  const filters = labelFilter(lab);
  let failures = 0;
  // Twice at least: what a killed `up` had asked for may still be coming.
  for (let round = 0; round < ROUNDS; round += 1) {
    const [boxes, networks] = await Promise.all([
      api.listContainers({ all: true, filters }),
      api.listNetworks({ filters }),
    ]);
    if (boxes.length + networks.length === 0) {
      if (round > 0) return;
      await sleep(PAUSE);
      continue;
    }
    const failed: unknown[] = [];
    const remove = (removal: Promise<unknown>) => removed(removal, failed);
    await inParallel(boxes, ({ Id }) => remove(api.getContainer(Id).remove({ force: true, v: true })));
    await inParallel(networks, ({ Id }) => removeNetwork(api, Id, remove));
    if (failed.length === 0) continue;
    failures += 1;
    if (failures === FAILURES) throw engineError('clean-up', failed[0]);
    await sleep(PAUSE);
  }
  throw new LabError(EXIT.labFailed, `lab ${lab} does not go from the Docker engine`, {
    fix: `what is left: docker ps -a --filter label=${LABEL.lab}=${lab}`,
  });
}

/** A container of the user's own that was attached to a lab's network is let go first, and otherwise left alone. */
async function removeNetwork(
  api: Api,
  id: string,
  remove: (removal: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const network = api.getNetwork(id);
  const attached = (await network.inspect().catch(() => undefined)) as
    { Containers?: Record<string, unknown> } | undefined;
  for (const container of Object.keys(attached?.Containers ?? {}))
    await remove(network.disconnect({ Container: container, Force: true }));
  await remove(network.remove() as Promise<unknown>);
}

/**
 * Gone is what was wanted; somebody may have been quicker, or be at it. What is still in use comes again.
 * @param failed gets what the engine itself has failed at. It may be gone all the same, and the rest must go in any case:
 * Podman without its name server removes a container and then complains that it found no name of it there.
 */
async function removed(removal: Promise<unknown>, failed: unknown[]): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const { statusCode = 0 } = error as { statusCode?: number };
    if (statusCode >= 500) failed.push(error);
    else if (statusCode !== 404 && statusCode !== 409 && statusCode !== 403)
      throw engineError('clean-up', error);
  }
}
