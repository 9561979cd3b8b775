import type { ClusterState, DirectorState } from '../checks/directors.ts';
import { columns } from '../terminal/columns.ts';

/** Connections that are shown of a director; the rest is counted. */
const SHOWN = 10;

/** A director's table, its sync daemons, and the connections that it knows. */
export function directorLines({ name, ipvs, sync, connections = [] }: DirectorState): string[] {
  const more = connections.length - SHOWN;
  const rows = connections
    .slice(0, SHOWN)
    .map((c) => ['  ', c.protocol, c.state, c.client, c.virtual, '→', c.destination]);
  return [
    '',
    `${name}:`,
    ipvs.trimEnd(),
    ...sync.map(({ role, interface: device, id }) => `sync daemon: ${role} on ${device}, id ${id}`),
    ...(connections.length === 0 ? [] : [`connections known: ${connections.length}`, columns(rows)]),
    ...(more > 0 ? [`   and ${more} more`] : []),
  ];
}

/** `cluster ha: 192.0.2.100 is at director1`. */
export function clusterLine({ name, addresses, active }: ClusterState): string {
  const what = `${addresses.join(', ')} ${addresses.length === 1 ? 'is' : 'are'}`;
  const where = active.length === 0 ? 'nowhere' : `at ${active.join(' and at ')}`;
  return `cluster ${name}: ${what} ${where}`;
}
