import type { Plan, PlannedService } from '../plan/types.ts';
import { endpoint } from '../topology/endpoint.ts';
import type { Reply } from '../traffic/replies.ts';
import type { Check } from './check.ts';
import { parseConnections, type ConnectionRow } from './director-table.ts';
import { chosenServer, listText } from './evidence.ts';
import { observationText } from './packet-text.ts';
import { parseLoads } from './schedulers/load.ts';
import type { Walk } from './types.ts';

/** An entry by which the director treats datagrams of one client port, though their real server is out. */
export interface StaleEntry {
  /** Node that has the client's address; undefined where none of the plan does. */
  client: string | undefined;
  address: string;
  port: number;
  /** Why the real server is out: the table does not have it, or gives it weight 0. */
  out: 'removed' | 'weight 0';
  row: ConnectionRow;
}

/** An entry, and what came of a datagram from its port; undefined where none could be sent from there. */
export interface TriedEntry {
  entry: StaleEntry;
  reply: Reply | undefined;
}

/**
 * The entries of a service over UDP whose real server is out. They last for minutes after their last datagram.
 * @param tables `ipvsadm -Ln` of its directors
 * @param connections `ipvsadm -Lnc` of its directors
 */
export function staleEntries(
  plan: Plan,
  service: PlannedService,
  tables: string[],
  connections: string[],
): StaleEntry[] {
  const rows = tables.flatMap((table) => parseLoads(table, service));
  const weightOf = (destination: string) =>
    rows.find((row) =>
      service.mark === undefined
        ? row.destination === destination
        : row.destination === destination.replace(/:\d+$/, ':0'),
    )?.weight;
  const virtual = endpoint(service.vip, service.port);
  return connections.flatMap(parseConnections).flatMap((row): StaleEntry[] => {
    const [, address = '', port = '0'] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(row.client) ?? [];
    const weight = weightOf(row.destination);
    // A template has the port 0.
    if (row.protocol !== 'UDP' || row.virtual !== virtual || port === '0') return [];
    if (weight !== undefined && weight > 0) return [];
    const node = plan.nodes.find((n) =>
      n.interfaces.some((i) => i.addresses.some((own) => own.address === address)),
    );
    const out = weight === undefined ? 'removed' : 'weight 0';
    return [{ client: node?.name, address, port: Number(port), out, row }];
  });
}

/** What became of the datagrams of one such port. */
interface Fate {
  entry: StaleEntry;
  outcome: Check['outcome'];
  /** Who answered them, or what became of them. */
  text: string;
  packets: string[];
}

/**
 * Whether datagrams still arrive from ports whose entries lead to real servers that are out: by one that was sent from
 * there or, where a program has the port, by those that it sent itself while captures ran.
 * @param walks of the service, as captured
 */
export function judgeStale(service: PlannedService, tried: TriedEntry[], walks: Walk[]): Check {
  const fates = tried.map((one) => fateOf(service, one, walks));
  const of = (outcome: Check['outcome']) => fates.filter((fate) => fate.outcome === outcome);
  const base = { id: 'stale-entries', title: 'entries of servers that are out' };
  const [lost, open] = [of('fail'), of('unknown')];
  // Ports that a program has come first: those are missed.
  const [first] = [...lost].sort((a, b) => b.packets.length - a.packets.length);
  if (first !== undefined)
    return {
      ...base,
      outcome: 'fail',
      detail: `datagrams of ${portText(first.entry)} ${first.text}: ${why(service, first.entry)}${moreText(lost.length - 1)}`,
      evidence: evidenceOf([first, ...lost.filter((fate) => fate !== first)]),
    };
  const [doubt] = open;
  if (doubt !== undefined)
    return {
      ...base,
      outcome: 'unknown',
      detail: `${portText(doubt.entry)} has an entry that leads to ${serverText(service, doubt.entry)}: ${doubt.text}${moreText(open.length - 1)}`,
      evidence: evidenceOf(open),
    };
  const kept = [...new Set(fates.map(({ text }) => text))];
  return {
    ...base,
    outcome: 'pass',
    detail: `${fates.length} client port${fates.length === 1 ? '' : 's'} had an entry that leads to ${listText([...new Set(fates.map(({ entry }) => serverText(service, entry)))])}: datagrams from there were ${listText(kept)}`,
    evidence: [],
  };
}

function fateOf(service: PlannedService, { entry, reply }: TriedEntry, walks: Walk[]): Fate {
  if (reply !== undefined)
    return reply.server === undefined
      ? { entry, outcome: 'fail', text: lostText(entry, reply.error), packets: [] }
      : { entry, outcome: 'pass', text: answeredText(service, entry, reply.server), packets: [] };
  const own = walks.filter(({ client }) => client.address === entry.address && client.port === entry.port);
  const packets = own
    .flatMap(({ journeys }) => journeys.flatMap(({ crossings: [crossing] }) => crossing ?? []))
    .slice(0, 3)
    .flatMap(({ arrived, sent }) => [arrived ?? sent].filter((o) => o !== undefined).map(observationText));
  const has = (direction: 'reply' | 'error') =>
    own.some(({ journeys }) => journeys.some((journey) => journey.direction === direction));
  const [walk] = own;
  if (walk === undefined)
    return { entry, outcome: 'unknown', text: 'a program has the port, and sent nothing meanwhile', packets };
  const server = own.map((each) => chosenServer(service, each)?.node).find((node) => node !== undefined);
  if (has('reply'))
    return { entry, outcome: 'pass', text: answeredText(service, entry, server ?? ''), packets };
  if (has('error')) return { entry, outcome: 'fail', text: lostText(entry, 'refused'), packets };
  if (server === undefined)
    return { entry, outcome: 'fail', text: lostText(entry, `${own.length} seen, none sent on`), packets };
  return {
    entry,
    outcome: 'unknown',
    text: `${own.length} datagram${own.length === 1 ? '' : 's'} reached ${server}, and nothing came back`,
    packets,
  };
}

function answeredText(service: PlannedService, entry: StaleEntry, server: string): string {
  return server === nodeOf(service, entry)
    ? `answered by ${server} still`
    : `answered by ${server}, as the director gave the entry up`;
}

function lostText({ out, row }: StaleEntry, how: string): string {
  return out === 'removed'
    ? `vanish (${how}) until the entry ends, in ${row.seconds} s`
    : `are lost (${how}) as long as the entry lasts, which each datagram renews`;
}

function why(service: PlannedService, entry: StaleEntry): string {
  const leads = `the director's entry leads to ${serverText(service, entry)}`;
  return entry.out === 'removed'
    ? `${leads}, and net.ipv4.vs.expire_nodest_conn=1 is what gives such an entry up`
    : `${leads}, which does not answer; net.ipv4.vs.expire_nodest_conn=1 gives it up only once the server is removed`;
}

function serverText(service: PlannedService, entry: StaleEntry): string {
  const node = nodeOf(service, entry);
  const { destination } = entry.row;
  const name = node === undefined ? destination : `${node} (${destination})`;
  return entry.out === 'removed' ? `${name}, which is not in the table` : `${name}, weight 0`;
}

function nodeOf(service: PlannedService, { row }: StaleEntry): string | undefined {
  return service.servers.find(({ address, port }) => endpoint(address, port) === row.destination)?.node;
}

function portText({ client, address, port }: StaleEntry): string {
  return client === undefined ? endpoint(address, port) : `${client} port ${port}`;
}

function moreText(count: number): string {
  return count === 0 ? '' : `; the same for ${count} more port${count === 1 ? '' : 's'}`;
}

/** The rows, a dozen at most, each with the packets that were seen. */
function evidenceOf(fates: Fate[]): string[] {
  const lines = fates
    .slice(0, 12)
    .flatMap(({ entry: { row }, packets }) => [
      `ipvsadm -Lnc: ${row.protocol} ${row.seconds} s ${row.client} ${row.virtual} ${row.destination}`,
      ...packets,
    ]);
  return fates.length > 12 ? [...lines, `and ${fates.length - 12} more`] : lines;
}
