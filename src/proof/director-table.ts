import { addressFamily } from '../plan/addresses.ts';
import { answering } from '../plan/health.ts';
import { endpoint } from '../topology/endpoint.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Reply } from '../traffic/replies.ts';
import type { Check } from './check.ts';

/** A row of `ipvsadm -Lnc`: one connection as the director knows it. */
export interface ConnectionRow {
  protocol: string;
  /** Until the entry ends, unless a packet comes before. */
  seconds: number;
  state: string;
  client: string;
  virtual: string;
  destination: string;
}

/** Reads the output of `ipvsadm -Lnc`. */
export function parseConnections(output: string): ConnectionRow[] {
  return output.split('\n').flatMap((row) => {
    const [protocol = '', left = '', state = '', client = '', virtual = '', destination = ''] = row
      .trim()
      .split(/\s+/);
    return /^(TCP|UDP|SCTP|IP)$/.test(protocol) && destination.includes(':')
      ? [{ protocol, seconds: secondsOf(left), state, client, virtual, destination }]
      : [];
  });
}

/** `04:59` */
function secondsOf(text: string): number {
  const [minutes = 0, seconds = 0] = text.split(':').map(Number);
  return minutes * 60 + seconds;
}

/** Whether a row of `ipvsadm -Ln` begins a service: by its own address, or by the mark that it is to the director. */
export function isHeadOf(service: TableName, row: string): boolean {
  const [protocol, name, scheduler] = row.trim().split(/\s+/);
  if (service.mark === undefined)
    return protocol === service.protocol.toUpperCase() && name === endpoint(service.vip, service.port);
  const ipv6 = addressFamily(service.vip) === 6;
  return protocol === 'FWM' && name === String(service.mark) && (scheduler === 'IPv6') === ipv6;
}

type TableName = Pick<PlannedService, 'vip' | 'port' | 'protocol' | 'mark'>;

/** A real server as `ipvsadm -Ln` has it in a service: behind a mark it has any port, which is 0. */
export function destinationOf(
  { mark }: Pick<PlannedService, 'mark'>,
  { address, port }: Pick<PlannedService['servers'][number], 'address' | 'port'>,
): string {
  return endpoint(address, mark === undefined ? port : 0);
}

/**
 * Whether the directors' own tables hold the connections that the clients made, each to the real server that
 * answered: two independent witnesses of one thing.
 */
export function judgeConnections(service: PlannedService, replies: Reply[], rows: ConnectionRow[]): Check {
  const virtual = endpoint(service.vip, service.port);
  const protocol = service.protocol.toUpperCase();
  const entries = new Map<string, ConnectionRow>();
  for (const row of rows)
    if (row.virtual === virtual && row.protocol === protocol && !entries.has(row.client))
      entries.set(row.client, row);
  const base = { id: 'director', title: 'director' };
  const answered = replies.filter((reply) => reply.server !== undefined);
  const unit = service.protocol === 'tcp' ? 'connections' : 'datagrams';
  const lines: string[] = [];
  let matched = 0;
  for (const reply of answered) {
    const row = entries.get(clientOf(reply));
    const server = answering(service).find((s) => endpoint(s.address, s.port) === row?.destination)?.node;
    if (row === undefined) lines.push(`${clientOf(reply)}: not in the director's table`);
    else if (server !== reply.server)
      lines.push(`${clientOf(reply)}: ${reply.server ?? ''} answered, the table says ${row.destination}`);
    else matched += 1;
  }
  if (answered.length === 0)
    return {
      ...base,
      outcome: 'unknown',
      detail: `no ${service.protocol === 'tcp' ? 'connection' : 'datagram'} was answered that could be looked up`,
      evidence: [],
    };
  if (lines.length === 0)
    return {
      ...base,
      outcome: 'pass',
      detail: `ipvsadm counted the same ${matched} ${unit}`,
      evidence: [],
    };
  return {
    ...base,
    outcome: 'fail',
    detail: `ipvsadm knows ${matched} of ${answered.length} ${unit}: the others did not pass the director`,
    evidence: lines,
  };
}

/** As the table writes it. Two clients may have the same port. */
export function clientOf({ clientAddress, clientPort }: Reply): string {
  return endpoint(clientAddress, clientPort);
}
