import type { Machine } from '../machine/machine.ts';
import { agentBy } from './agent.ts';
import { holdBy, turnBy } from './lease.ts';
import { parseResults } from './job-results.ts';
import { assertOwnWork } from './own-work.ts';
import { line, portName } from '../plan/script.ts';
import type { Plan, PlannedNode } from '../plan/types.ts';
import { NODE_CAPABILITIES } from './capabilities.ts';
import type { Job, NodeState, Runtime } from './runtime.ts';

/** Nodes as sets of namespaces (net, uts, ipc, mount, pid), made by the agent in `images/` on any machine. */
export function netns(machine: Machine): Runtime {
  const state = machine.stateDirectory;

  const conversation = agentBy(`the ${machine.kind} machine`, () =>
    machine.start(['perl', machine.agent], { stdio: 'pipe' }),
  );
  const agent = (orders: string[][]) =>
    conversation.request([
      ['state', state],
      ['capabilities', ...Object.values(NODE_CAPABILITIES).map(String)],
      ...orders,
    ]);

  const speaker = { request: agent, keep: conversation.keep };

  return {
    kind: 'netns',

    async create(plan) {
      await agent([
        ['create'],
        ['root', machine.root],
        ...(plan.modules.length === 0 ? [] : [['modules', ...plan.modules]]),
        ...plan.nodes.map((node) => ['node', node.name, hostsFile(node)]),
        ...wiring(plan).map((text) => ['ip', text]),
      ]);
    },

    async destroy() {
      await agent([['destroy']]);
    },

    async states() {
      const rows = (await agent([['states']])).toString().split('\n').slice(0, -1);
      return rows
        .map((row) => row.split(' '))
        .filter(([node]) => node !== 'switch')
        .map(([node = '', word]): NodeState => ({ node, state: word === 'running' ? 'running' : 'dead' }));
    },

    // A node's namespaces end with their last process; nothing is left to give them back to.
    revive: () => Promise.resolve([]),

    async exec(jobs) {
      if (jobs.length === 0) return [];
      const orders = jobs.map((job: Job) => ['job', job.node, job.input ?? '', ...job.argv]);
      return assertOwnWork(jobs, parseResults(await agent([['run'], ...orders]), jobs.length));
    },

    hold: (jobs) => holdBy(speaker, jobs),

    turn: (onWait) => turnBy(speaker, onWait),

    start(node, argv, { stdio, tty = false }) {
      const rights = Object.values(NODE_CAPABILITIES).join(',');
      const entry = ['perl', machine.agent, 'enter', state, node, process.env['TERM'] ?? 'dumb', rights];
      // `script` gives the command a terminal of the node's own, with it as controlling terminal: the outer one belongs
      // to a session outside the node's PID namespace, where job control cannot work.
      const run = tty ? ['script', '-qec', line(argv), '/dev/null'] : argv;
      return machine.start([...entry, ...run], { stdio, tty });
    },
  };
}

function hostsFile(node: PlannedNode): string {
  const rows = node.hosts.map(({ address, name }) => `${address}\t${name}\n`);
  return `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n${rows.join('')}`;
}

/** Lines for `ip -batch` among the switches: a bridge for each network, a cable for each interface. */
function wiring(plan: Plan): string[] {
  const mtu = new Map(plan.networks.map((network) => [network.name, network.mtu]));
  return [
    ...plan.networks.map((n) => `link add name ${n.name} up mtu ${n.mtu} type bridge`),
    ...plan.nodes.flatMap((node) =>
      node.interfaces.map((own, index) => {
        const size = `mtu ${mtu.get(own.network) ?? 1500}`;
        return (
          `link add name ${portName(node.name, index)} up master ${own.network} ${size} type veth ` +
          `peer name ${own.name} ${size} address ${own.mac} netns %${node.name}%`
        );
      }),
    ),
  ];
}
