import { endpoint } from '../topology/endpoint.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Reply } from '../traffic/replies.ts';
import type { Check } from './check.ts';
import { clientOf, destinationOf, isHeadOf, type ConnectionRow } from './director-table.ts';
import { judgeDistribution } from './distribution.ts';
import { listText } from './evidence.ts';
import { counted } from '../topology/counted.ts';

/**
 * Reads how many connections (with one-packet scheduling: datagrams) a director has scheduled so far to each real
 * server of a service, from `ipvsadm -Ln --stats --exact`.
 * @returns by `ADDRESS:PORT`
 */
export function parseScheduled(output: string, service: PlannedService): Map<string, number> {
  const scheduled = new Map<string, number>();
  let inside = false;
  for (const row of output.split('\n')) {
    const [first = '', second = '', count = ''] = row.trim().split(/\s+/);
    if (first === '->') {
      if (inside && /^\d+$/.test(count)) scheduled.set(second, Number(count));
    } else inside = isHeadOf(service, row);
  }
  return scheduled;
}

/**
 * Whether the director scheduled every datagram by itself and kept no entry of it. Its counters are the witness, for
 * there is no table to look into.
 * @param before counts before the first datagram, and after the last
 */
export function judgeOnePacket(
  service: PlannedService,
  replies: Reply[],
  rows: ConnectionRow[],
  before: Map<string, number>,
  after: Map<string, number>,
): Check {
  const base = { id: 'director', title: 'director' };
  const answered = replies.filter((reply) => reply.server !== undefined);
  if (answered.length === 0)
    return {
      ...base,
      outcome: 'unknown',
      detail: 'no datagram was answered that could be counted',
      evidence: [],
    };
  const kept = rows.filter(
    (row) =>
      row.protocol === 'UDP' &&
      row.virtual === endpoint(service.vip, service.port) &&
      replies.some((reply) => row.client === clientOf(reply)),
  );
  if (kept.length > 0)
    return {
      ...base,
      outcome: 'fail',
      detail: `the director keeps ${kept.length} connection entries, and one-packet scheduling keeps none`,
      evidence: kept.map((row) => `${row.client} ${row.virtual} ${row.destination}`),
    };
  const counts = service.servers.map((server) => {
    const key = destinationOf(service, server);
    const scheduled = (after.get(key) ?? 0) - (before.get(key) ?? 0);
    return { node: server.node, scheduled };
  });
  const lines = [...new Set(service.servers.map((s) => s.node))].flatMap((node) => {
    const sum = counts.filter((c) => c.node === node).reduce((all, c) => all + c.scheduled, 0);
    const own = answered.filter((reply) => reply.server === node).length;
    // More is no contradiction: what was asked in vain, or by somebody else, is counted as well.
    return sum >= own
      ? []
      : [`${node} answered ${counted(own, 'datagram')}, and the director counted ${sum}`];
  });
  const total = counts.reduce((all, c) => all + c.scheduled, 0);
  return {
    ...base,
    outcome: lines.length === 0 ? 'pass' : 'fail',
    detail:
      lines.length === 0
        ? `ipvsadm counted ${counted(total, 'datagram')}, and keeps no entry of them`
        : `ipvsadm did not count every datagram that was answered`,
    evidence: lines,
  };
}

/** Where datagrams from one port of a client went: all where the first one's entry says, or each by itself. */
export function judgeOnePort(service: PlannedService, replies: Reply[]): Check {
  const base = { id: 'one-port', title: 'one client port', evidence: [] };
  const clients = [...new Set(replies.map((reply) => reply.client))];
  const shares = clients.map((client) => {
    const own = replies.filter((reply) => reply.client === client);
    return { client, sent: own.length, servers: [...new Set(own.map((reply) => reply.server ?? 'nobody'))] };
  });
  const sent = shares[0]?.sent ?? 0;
  const asked = `${counted(sent, 'datagram')} from one port${clients.length > 1 ? ' of each client' : ''}`;
  if (replies.length === 0 || replies.some((reply) => reply.server === undefined))
    return { ...base, outcome: 'unknown', detail: `${asked}: not every one was answered` };
  if (service.onePacket === true && service.persistence === undefined) {
    // Client by client: two that each stick to another real server look spread together.
    const spreads = shares.map(({ client }) => ({
      client,
      ...judgeDistribution(
        service,
        replies.filter((reply) => reply.client === client),
      ),
    }));
    const bad = spreads.find(({ outcome }) => outcome !== 'pass');
    const [first] = spreads;
    return {
      ...base,
      outcome: bad?.outcome ?? 'pass',
      detail: `${asked}: ${bad === undefined ? `${first?.detail ?? ''}, each datagram by itself` : `${bad.client}: ${bad.detail}`}`,
    };
  }
  const where = shares.map(({ client, servers }) =>
    clients.length > 1 ? `${client} to ${listText(servers)}` : `to ${listText(servers)}`,
  );
  const kept = shares.every(({ servers }) => servers.length === 1);
  return {
    ...base,
    outcome: kept ? 'pass' : 'fail',
    detail: kept
      ? `${asked}: ${where.join(', ')}, all where the first one went`
      : `${asked}: ${where.join(', ')}, but all should go where the first one went`,
  };
}
