import { errorsText } from '../request-errors.ts';
import type { PlannedService } from '../../plan/types.ts';
import type { Connection } from '../../traffic/connections.ts';
import type { Probes } from '../../traffic/probes.ts';
import type { Check } from '../check.ts';
import { NEVER, oddsOfNone, RARE } from './odds.ts';
import { judgeMemory } from './judge-memory.ts';
import { networkOf, prefixOf, wholeOf } from './templates.ts';
import { counted } from '../../topology/counted.ts';

/** From what to ask a service, so that its hash or its persistence shows; undefined where it has neither. */
export function probesFor(service: PlannedService): Probes['by'] | undefined {
  if (service.persistence !== undefined) return 'address';
  if (service.flags?.some((flag) => flag.endsWith('-port')) === true) return 'port';
  return service.scheduler in HASHED ? 'address' : undefined;
}

const HASHED = { sh: 'source hash', mh: 'Maglev hash of the source', dh: 'destination hash' };

/** Whether equal clients met equal real servers, and unequal ones were spread, as a hash or persistence promises. */
export function judgeProbes(service: PlannedService, probes: Probes): Check {
  const { by, connections } = probes;
  const persistent = service.persistence !== undefined;
  const base = {
    id: persistent ? 'persistence' : 'scheduler',
    title: persistent ? 'persistence' : 'scheduler',
    evidence: [] as string[],
  };
  if (connections.length === 0)
    return { ...base, outcome: 'unknown', detail: 'no client to send requests from' };
  const unanswered = connections.filter((connection) => connection.server === undefined);
  if (unanswered.length > 0)
    return {
      ...base,
      outcome: 'unknown',
      detail: `${unanswered.length} of ${counted(connections.length, 'connection')} were not answered: ${errorsText(
        unanswered.map(({ error }) => ({ client: '', text: error })),
        [],
      )}`,
      evidence: unanswered.map(({ address, port, error }) => `${address}:${port}: ${error}`),
    };
  const groups = groupBy(connections, (connection) => keyOf(service, by, connection));
  const name = persistent ? 'persistence' : service.scheduler;
  const torn = [...groups].filter(([, group]) => new Set(group.map((c) => c.server)).size > 1);
  const [first] = torn;
  if (first !== undefined)
    return {
      ...base,
      outcome: 'fail',
      detail: `${first[0]} met ${serversOf(first[1]).join(' and ')}${torn.length > 1 ? `, and ${torn.length - 1} more such` : ''}, but ${name} promises one real server for each ${kindOf(service, by)}`,
      evidence: torn.map(([key, group]) => `${key}: ${group.map((c) => c.server ?? '').join(', ')}`),
    };
  const firsts = [...groups.values()].map((group) => group[0]?.server ?? '');
  const spread = shares(firsts);
  const what = `${counted(connections.length, 'connection')} of ${groups.size} ${plural(kindOf(service, by), groups.size)}`;
  const kept = `each kept its real server (${spread})`;
  if (persistent)
    return judgeMemory(service, probes, {
      ...base,
      outcome: 'pass',
      detail: `${what}: ${kept} for ${timeoutOf(service)}`,
    });
  const hash = `${HASHED[service.scheduler as keyof typeof HASHED]}${by === 'port' ? ' and port' : ''}`;
  const odds = oddsOfNone(service, groups.size);
  const without = service.servers.filter((s) => s.weight > 0 && !firsts.includes(s.node)).map((s) => s.node);
  if (without.length > 0 && odds < RARE)
    return {
      ...base,
      outcome: odds < NEVER ? 'fail' : 'unknown',
      detail: `${what}: ${without.join(', ')} got none (${spread}), which an even ${hash} does once in ${Math.round(1 / odds)} times`,
    };
  const fewer =
    service.scheduler === 'dh' || odds < NEVER
      ? ''
      : `; too few ${plural(kindOf(service, by), 2)} to judge how it spreads`;
  return { ...base, outcome: 'pass', detail: `${what}: ${kept}, by ${hash}${fewer}` };
}

/** What is one and the same to the hash, or one client to persistence. */
function keyOf(service: PlannedService, by: Probes['by'], { address, port }: Connection): string {
  if (service.persistence !== undefined) return networkOf(service, address).text;
  if (service.scheduler === 'dh') return service.vip;
  return by === 'port' ? `${address}:${port}` : address;
}

function kindOf(service: PlannedService, by: Probes['by']): string {
  if (service.persistence !== undefined)
    return prefixOf(service) === wholeOf(service) ? 'client' : 'client network';
  if (service.scheduler === 'dh') return 'VIP';
  return by === 'port' ? 'client port' : 'client address';
}

function plural(word: string, count: number): string {
  if (count === 1) return word;
  return word.endsWith('s') ? `${word}es` : `${word}s`;
}

function timeoutOf({ persistence }: PlannedService): string {
  return `${persistence?.timeout ?? 0} s after its last`;
}

function groupBy(
  connections: Connection[],
  key: (connection: Connection) => string,
): Map<string, Connection[]> {
  const groups = new Map<string, Connection[]>();
  for (const connection of connections)
    groups.set(key(connection), [...(groups.get(key(connection)) ?? []), connection]);
  return groups;
}

function serversOf(group: Connection[]): string[] {
  return [...new Set(group.map((connection) => connection.server ?? ''))];
}

function shares(servers: string[]): string {
  return [...new Set(servers)]
    .sort()
    .map((server) => `${server} ${servers.filter((s) => s === server).length}`)
    .join(', ');
}
