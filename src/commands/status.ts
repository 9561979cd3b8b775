import type { LabRecord } from '../lab.ts';
import { labNames, readRecord } from '../lab.ts';
import type { Plan } from '../plan/types.ts';
import { adoptLabs } from './adopt.ts';
import { healthOf, type Health, type RunningLab } from './existing.ts';

export interface ListedLab {
  name: string;
  state: Health;
  machine: string;
  runtime: string;
  topology: string;
  created: string;
  nodes: number;
}

/** Every lab, whatever has become of it. */
export async function list(): Promise<ListedLab[]> {
  await adoptLabs();
  return Promise.all(
    labNames().map(async (name): Promise<ListedLab> => {
      const record = readRecord(name);
      if (record === undefined)
        return { name, state: 'incomplete', machine: '', runtime: '', topology: '', created: '', nodes: 0 };
      return { ...summary(record), state: await healthOf(record) };
    }),
  );
}

function summary(record: LabRecord): Omit<ListedLab, 'state'> {
  const { name, machine, runtime, topology, created, plan } = record;
  return { name, machine, runtime, topology, created, nodes: plan.nodes.length };
}

export interface StatusReport extends ListedLab {
  nodeStates: { name: string; role: string; state: string; addresses: string[]; daemons: DaemonState[] }[];
  directors: { name: string; ipvs: string }[];
}

export interface DaemonState {
  name: string;
  running: boolean;
}

/** What a lab's nodes, daemons and directors look like now. */
export async function status({ record, runtime }: RunningLab): Promise<StatusReport> {
  const { plan } = record;
  const states = new Map((await runtime.states()).map((s) => [s.node, s.state]));
  const alive = plan.nodes.filter((node) => states.get(node.name) === 'running');
  const directors = alive.filter((node) => node.role === 'director' && plan.services.length > 0);
  const results = await runtime.exec([
    ...alive.map((node) => ({ node: node.name, argv: ['sh', '-c', daemonProbe(plan, node.name)] })),
    ...directors.map((node) => ({ node: node.name, argv: ['sh', '-c', ipvsCommand(plan)] })),
  ]);
  return {
    ...summary(record),
    state: await healthOf(record),
    nodeStates: plan.nodes.map((node) => ({
      name: node.name,
      role: node.role,
      state: states.get(node.name) ?? 'dead',
      addresses: node.interfaces.flatMap((i) => i.addresses.map((a) => `${a.address}/${a.prefix}`)),
      daemons: parseDaemons(results[alive.indexOf(node)]?.stdout.toString() ?? ''),
    })),
    directors: directors.map((node, index) => ({
      name: node.name,
      ipvs: results[alive.length + index]?.stdout.toString() ?? '',
    })),
  };
}

/** ipvsadm shows limits only in a table of their own. */
function ipvsCommand({ services }: Plan): string {
  const limited = services.some((service) => service.servers.some((server) => server.upper !== undefined));
  return `ipvsadm -Ln${limited ? '; ipvsadm -Ln --thresholds | tail -n +2' : ''}`;
}

/** A line `NAME up|down` for each daemon of a node; no process is started for it. */
function daemonProbe(plan: Plan, node: string): string {
  const daemons = plan.nodes.find((n) => n.name === node)?.steps.filter((s) => s.kind === 'daemon') ?? [];
  return daemons
    .map(
      ({ name, pidfile }) =>
        `p=; read -r p 2>/dev/null <${pidfile}; if [ -n "$p" ] && kill -0 "$p" 2>/dev/null; then echo ${name} up; else echo ${name} down; fi`,
    )
    .join('\n');
}

function parseDaemons(output: string): DaemonState[] {
  return output
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => ({ name: row.split(' ')[0] ?? '', running: row.endsWith(' up') }));
}
