import { endpoint } from '../topology/endpoint.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Reply } from '../traffic/requests.ts';
import type { Check } from './check.ts';

/** A row of `ipvsadm -Lnc`: one connection as the director knows it. */
export interface ConnectionRow {
  protocol: string;
  state: string;
  client: string;
  virtual: string;
  destination: string;
}

/** Reads the output of `ipvsadm -Lnc`. */
export function parseConnections(output: string): ConnectionRow[] {
  return output.split('\n').flatMap((row) => {
    const [protocol = '', , state = '', client = '', virtual = '', destination = ''] = row
      .trim()
      .split(/\s+/);
    return /^(TCP|UDP|SCTP|IP)$/.test(protocol) && destination.includes(':')
      ? [{ protocol, state, client, virtual, destination }]
      : [];
  });
}

/**
 * Whether the directors' own tables hold the connections that the clients made, each to the real server that
 * answered: two independent witnesses of one thing.
 */
export function judgeConnections(service: PlannedService, replies: Reply[], rows: ConnectionRow[]): Check {
  const virtual = endpoint(service.vip, service.port);
  const base = { id: 'director', title: 'director' };
  const answered = replies.filter((reply) => reply.server !== undefined);
  const lines: string[] = [];
  let matched = 0;
  for (const reply of answered) {
    const row = rows.find((r) => r.virtual === virtual && r.client.endsWith(`:${reply.clientPort}`));
    const server = service.servers.find((s) => endpoint(s.address, s.port) === row?.destination)?.node;
    if (row === undefined) lines.push(`client port ${reply.clientPort}: not in the director's table`);
    else if (server !== reply.server)
      lines.push(
        `client port ${reply.clientPort}: ${reply.server ?? ''} answered, the table says ${row.destination}`,
      );
    else matched += 1;
  }
  if (answered.length === 0)
    return {
      ...base,
      outcome: 'unknown',
      detail: 'no connection was answered that could be looked up',
      evidence: [],
    };
  if (lines.length === 0)
    return {
      ...base,
      outcome: 'pass',
      detail: `ipvsadm counted the same ${matched} connections`,
      evidence: [],
    };
  return {
    ...base,
    outcome: 'fail',
    detail: `ipvsadm knows ${matched} of ${answered.length} connections: the others did not pass the director`,
    evidence: lines,
  };
}
