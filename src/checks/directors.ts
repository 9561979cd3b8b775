import { parseSyncDaemons, type SyncDaemon } from '../ipvs/sync.ts';
import { clusterOf } from '../plan/clusters.ts';
import type { Plan, PlannedCluster, PlannedNode } from '../plan/types.ts';
import type { ConnectionRow } from '../proof/director-table.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { connectionTables } from './connection-tables.ts';
import type { Inspection } from '../lifecycle/differences.ts';

export interface DirectorState {
  name: string;
  /** `ipvsadm -Ln`. */
  ipvs: string;
  /** Its sync daemons, as the kernel says. */
  sync: SyncDaemon[];
  /** The connections that it knows, its own and those that a master told it of; only of members of a cluster. */
  connections?: ConnectionRow[];
}

export interface ClusterState {
  name: string;
  /** What moves: VIPs and gateways. */
  addresses: string[];
  /** Who has them now; more than one: each believes that the others are dead. */
  active: string[];
}

/** What directors say of themselves: their tables, their sync daemons, and in a cluster the connections they know. */
export async function lookAtDirectors(
  plan: Plan,
  runtime: Runtime,
  directors: PlannedNode[],
): Promise<DirectorState[]> {
  const ask = (argv: string[]) => runtime.exec(directors.map(({ name: node }) => ({ node, argv })));
  const members = directors.filter(({ name }) => clusterOf(plan, name) !== undefined);
  const [tables, daemons, connections] = await Promise.all([
    ask(['sh', '-c', ipvsCommand(plan)]),
    ask(['ipvsadm', '-l', '--daemon']),
    connectionTables(
      runtime,
      members.map(({ name }) => name),
    ),
  ]);
  return directors.map((director, index) => ({
    name: director.name,
    ipvs: tables[index]?.stdout.toString() ?? '',
    sync: parseSyncDaemons(daemons[index]?.stdout.toString() ?? ''),
    ...(members.includes(director) ? { connections: connections[members.indexOf(director)] ?? [] } : {}),
  }));
}

/** ipvsadm shows limits only in a table of their own. */
function ipvsCommand({ services }: Plan): string {
  const limited = services.some((service) => service.servers.some((server) => server.upper !== undefined));
  return `ipvsadm -Ln${limited ? '; ipvsadm -Ln --thresholds | tail -n +2' : ''}`;
}

/** Who has a cluster's addresses now. */
export function clusterState(
  { name, directors, addresses }: PlannedCluster,
  inspections: Inspection[],
): ClusterState {
  const has = ({ found }: Inspection, address: string) =>
    found.facts.some((fact) => fact.kind === 'address' && fact.name.startsWith(`${address}/`));
  return {
    name,
    addresses: addresses.map(({ address }) => address),
    active: inspections
      .filter((each) => directors.includes(each.node.name))
      .filter((each) => addresses.some(({ address }) => has(each, address)))
      .map(({ node }) => node.name),
  };
}
