import type { Engine } from '../../docker/engine.ts';
import { engineError } from '../../docker/engine-errors.ts';
import { nodeImageOn } from '../../docker/image.ts';
import { whilePresent } from '../../docker/presence.ts';
import { forAMoment, interrupted } from '../../host/interrupt.ts';
import type { Finished } from '../../machine/machine.ts';
import { agentBy } from '../agent.ts';
import { parseResults } from '../job-results.ts';
import { confinementOn, nodeContainer } from './container.ts';
import { startInContainer } from './process.ts';

/** Seconds after which the container ends by itself, whoever was to remove it. */
const LIFE = 300;

/**
 * Makes a container as a lab makes its nodes, without a network, runs one job in it as a lab does, and removes it.
 * @throws LabError with the engine's own words, or the agent's, where no node works there
 */
export function tryNode(engine: Engine, argv: string[]): Promise<Finished> {
  return forAMoment(() => tryOnce(engine, argv));
}

async function tryOnce(engine: Engine, argv: string[]): Promise<Finished> {
  const { docker } = engine;
  const node = { name: 'trial', interfaces: [], hosts: [] };
  const image = nodeImageOn(engine);
  let container;
  try {
    const security = await confinementOn(engine);
    const options = nodeContainer({ node, image, security, network: undefined });
    container = await docker.createContainer({
      ...options,
      Cmd: ['sh', '-c', `"$@" & exec sleep ${LIFE}`, 'sh', ...(options.Cmd ?? [])],
      HostConfig: { ...options.HostConfig, AutoRemove: true },
    });
    await container.start();
    const { id } = container;
    const agent = agentBy('a node that was made to try this engine', () =>
      startInContainer(() => Promise.resolve(docker), id, ['perl', '/usr/lib/lvslab/node-agent'], {
        stdio: 'pipe',
        guarded: false,
      }),
    );
    const asked = agent.request([['run'], ['job', '-', '', ...argv]]);
    const [result] = parseResults(await Promise.race([whilePresent(docker, asked), interrupted]), 1);
    if (result === undefined) throw new Error('the agent gave no answer');
    return result;
  } catch (error) {
    throw engineError('a node, to try this engine', error);
  } finally {
    await container?.remove({ force: true }).catch(() => undefined);
  }
}
