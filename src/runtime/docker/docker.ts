import { EXIT, LabError } from '../../errors.ts';
import { assertAnswers, type Engine } from '../../docker/engine.ts';
import { engineError } from '../../docker/engine-errors.ts';
import { nodeImageOn } from '../../docker/image.ts';
import { labelFilter, LABEL } from '../../docker/labels.ts';
import { whilePresent } from '../../docker/presence.ts';
import type { LabRecord } from '../../records/lab.ts';
import type { Finished } from '../../machine/machine.ts';
import type { Plan, PlannedNode } from '../../plan/types.ts';
import { agentBy, type Agent } from '../agent.ts';
import { holdBy, together, turnBy } from '../lease.ts';
import { parseResults } from '../job-results.ts';
import type { HeldJob, Job, Lease, NodeState, Running, Runtime } from '../runtime.ts';
import { assertOwnWork } from '../own-work.ts';
import { byNode, resultsInOrder } from './by-node.ts';
import { confinementOn, containerName, containerOptions, networkEndpoint, networkName } from './container.ts';
import { assertFree } from './conflicts.ts';
import { inParallel } from './in-parallel.ts';
import { networkOptions } from './networks.ts';
import { tryNetworks } from './preflight-check.ts';
import { attachTo, startInContainer } from './process.ts';
import { removeLab } from './removal.ts';
import { readDevices, wiringCommands, type Device } from './wiring.ts';

/** A file that is in memory only, and so tells whether a container is still the one that was wired. */
const WIRED = '/run/lvslab.wired';

/**
 * Nodes as containers and networks of a Docker engine, by its API alone: the engine may be on another host, or in a
 * virtual machine.
 * @param record only its name is needed to work with a lab that is there
 */
export function dockerRuntime(record: LabRecord, connect: () => Promise<Engine>): Runtime {
  const lab = record.name;
  let engine: Promise<Engine> | undefined;
  const reach = () => (engine ??= connect());
  const docker = async () => (await reach()).docker;
  const agents = new Map<string, Agent>();
  /** First processes of containers that were made here, which serve as agents until they are let go. */
  const attached = new Map<string, Running>();

  const launch = (node: string): Running => {
    const made = attached.get(node);
    attached.delete(node);
    // It ends with its standard input.
    const options = { stdio: 'pipe', guarded: false } as const;
    const argv = ['perl', '/usr/lib/lvslab/node-agent'];
    return made ?? startInContainer(docker, containerName(lab, node), argv, options);
  };

  const agent = (node: string): Agent => {
    const known = agents.get(node);
    if (known !== undefined) return known;
    const spoken = agentBy(node, () => launch(node));
    const made: Agent = {
      ...spoken,
      // Where the engine is gone, that is what is wrong, and not the node.
      request: async (orders) => {
        const api = await docker();
        try {
          return await whilePresent(api, spoken.request(orders));
        } catch (error) {
          if (error instanceof LabError) await assertAnswers(api, `lab ${lab}`);
          throw engineError(`lab ${lab}`, error);
        }
      },
    };
    agents.set(node, made);
    return made;
  };

  const containers = async () => (await docker()).listContainers({ all: true, filters: labelFilter(lab) });

  async function exec(jobs: Job[]): Promise<Finished[]> {
    const parts = byNode(jobs);
    const answers = parts.map(async ({ node, own }) => {
      const orders = own.map(({ job }) => ['job', '-', job.input ?? '', ...job.argv]);
      return parseResults(await agent(node).request([['run'], ...orders]), own.length);
    });
    return assertOwnWork(jobs, resultsInOrder(parts, await Promise.all(answers)));
  }

  async function hold(jobs: HeldJob[]): Promise<Lease<Finished[]>> {
    const parts = byNode(jobs);
    const lease = await together(
      parts.map(
        ({ node, own }) =>
          () =>
            holdBy(
              agent(node),
              own.map(({ job }) => ({ ...job, node: '-' })),
            ),
      ),
    );
    return { end: async () => resultsInOrder(parts, await lease.end()) };
  }

  /** The devices that the engine has given these containers. */
  async function devicesOf(nodes: PlannedNode[]): Promise<Map<string, Device[]>> {
    const shown = await exec(nodes.map((node) => ({ node: node.name, argv: ['ip', '-json', 'address'] })));
    return new Map(
      nodes.map(({ name }, index) => [name, readDevices(name, shown[index]?.stdout.toString() ?? '')]),
    );
  }

  /**
   * Makes these devices those of the plan, once all of them are there: as it starts a container, the engine announces a
   * MAC of its own for it.
   */
  async function wire(plan: Plan, devices: Map<string, Device[]>): Promise<void> {
    const nodes = plan.nodes.filter(({ name }) => devices.has(name));
    const jobs = nodes.map((node): Job => ({
      node: node.name,
      // The engine's name server is of no use in a lab, and waiting for it would be all that programs do.
      argv: ['sh', '-c', `ip -batch - && : >/etc/resolv.conf && : >${WIRED}`],
      input: `${wiringCommands(node, plan, devices.get(node.name) ?? []).join('\n')}\n`,
    }));
    const failed = (await exec(jobs)).findIndex((result) => result.code !== 0);
    if (failed >= 0)
      throw new LabError(
        EXIT.labFailed,
        `the interfaces of ${nodes[failed]?.name ?? ''} could not be set up`,
      );
  }

  async function makeNode(node: PlannedNode, security: string[]): Promise<void> {
    const found = await reach();
    const { docker: api } = found;
    const image = nodeImageOn(found);
    try {
      const container = await api.createContainer(containerOptions(record, node, image, security));
      for (const own of node.interfaces.slice(1))
        await api
          .getNetwork(networkName(lab, own.network))
          .connect({ Container: container.id, EndpointConfig: networkEndpoint(own) });
      // Podman (5.8) loses what is written first to a container that has just started.
      if (found.product !== 'Podman') attached.set(node.name, await attachTo(api, container));
      await container.start();
    } catch (error) {
      throw engineError(`container ${containerName(lab, node.name)}`, error);
    }
  }

  const runtime: Runtime = {
    kind: 'docker',

    async create(plan) {
      const found = await reach();
      const { docker: api } = found;
      await assertFree(api, plan);
      const security = await confinementOn(found);
      await inParallel(plan.networks, async (network) => {
        try {
          await api.createNetwork(networkOptions(record, network, found));
        } catch (error) {
          throw engineError(`network ${networkName(lab, network.name)}`, error);
        }
      });
      const letGo: (() => void)[] = [];
      try {
        const devices: Map<string, Device[]>[] = [];
        await inParallel(plan.nodes, async (node) => {
          await makeNode(node, security);
          letGo.push(agent(node.name).keep());
          devices.push(await devicesOf([node]));
        });
        await wire(plan, new Map(devices.flatMap((own) => [...own])));
        await tryNetworks(api, nodeImageOn(found), plan, runtime);
      } finally {
        for (const end of letGo) end();
      }
    },

    async destroy() {
      await removeLab(await docker(), lab);
    },

    async states() {
      const boxes = await containers();
      const running = boxes
        .filter((box) => box.State === 'running')
        .map((box) => box.Labels[LABEL.node] ?? '');
      const wired = await exec(running.map((node) => ({ node, argv: ['test', '-e', WIRED] })));
      return boxes.map((box): NodeState => {
        const node = box.Labels[LABEL.node] ?? '';
        const at = running.indexOf(node);
        if (at < 0) return { node, state: 'dead' };
        return { node, state: wired[at]?.code === 0 ? 'running' : 'restarted' };
      });
    },

    async revive(plan) {
      const states = await runtime.states();
      const lost = plan.nodes.filter((node) => states.find((s) => s.node === node.name)?.state !== 'running');
      const api = await docker();
      await inParallel(lost, async ({ name }) => {
        try {
          await api.getContainer(containerName(lab, name)).start();
        } catch (error) {
          // 304: it runs already.
          if ((error as { statusCode?: number }).statusCode !== 304)
            throw engineError(`container ${containerName(lab, name)}`, error);
        }
      });
      await wire(plan, await devicesOf(lost));
      // The engine has announced its own MACs for them, before they had the plan's.
      await exec(plan.nodes.map(({ name }) => ({ node: name, argv: ['ip', 'neigh', 'flush', 'all'] })));
      return lost.map((node) => node.name);
    },

    exec,
    hold,

    async turn(onWait) {
      // Whoever has that of the first node has all of them: elsewhere only what is left of somebody is waited for.
      const [first = '', ...others] = (await containers())
        .filter((box) => box.State === 'running')
        .map((box) => box.Labels[LABEL.node] ?? '')
        .sort();
      let waiting = false;
      const tell = () => {
        if (!waiting) onWait();
        waiting = true;
      };
      const turn = (node: string) => () => turnBy(agent(node), tell);
      const own = await turn(first)();
      const lease = await together(others.map(turn)).catch(async (error: unknown) => {
        await own.end();
        throw error;
      });
      return {
        end: async () => {
          await lease.end();
          await own.end();
        },
      };
    },

    start: (node, argv, options) =>
      startInContainer(docker, containerName(lab, node), argv, { ...options, guarded: true }),
  };
  return runtime;
}
