import { serviceName } from '../plan/service-name.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Reply } from '../traffic/replies.ts';
import type { Check } from './check.ts';
import { errorsText } from './request-errors.ts';
import { listText } from './evidence.ts';
import { isLongRound, isPartOfRound, roundOf, wholeRounds } from './schedulers/turns.ts';
import { counted } from '../topology/counted.ts';

/** Requests that show a scheduler's promise in whole rounds: at least eight. */
export function requestsFor(service: PlannedService): number {
  if (service.scheduler === 'wrr' && usableOf(service).length > 0)
    return wholeRounds(usableOf(service).map((server) => server.weight));
  const round = roundLength(service);
  return round * Math.max(1, Math.ceil(8 / round));
}

/** Connections after which a round-robin scheduler is back where it began. */
function roundLength(service: PlannedService): number {
  return usableOf(service).length || 1;
}

function usableOf(service: PlannedService): PlannedService['servers'] {
  return service.servers.filter((server) => server.weight > 0);
}

/**
 * Whether every request was answered, by a real server that the service has.
 * @param full which real servers are full, where that is why nothing was asked
 */
export function judgeAnswers(service: PlannedService, replies: Reply[], full?: string): Check {
  const members = new Set(service.servers.map((server) => server.node));
  const good = replies.filter((reply) => reply.server !== undefined && members.has(reply.server));
  const bad = replies.filter((reply) => !good.includes(reply));
  const where = serviceName(service);
  const reason = errorsText(
    bad.map((reply) => ({
      client: reply.client,
      text: reply.server === undefined ? reply.error : foreignText(service, reply.server),
    })),
    replies.map((reply) => reply.client),
  );
  return {
    id: 'answers',
    title: 'answers',
    outcome: replies.length === 0 ? 'unknown' : bad.length === 0 ? 'pass' : 'fail',
    detail:
      replies.length === 0
        ? full === undefined
          ? 'no client to send requests from'
          : `no request sent, as it would be refused: ${full} (ended connections count until they are forgotten)`
        : `${good.length} of ${counted(replies.length, 'request')} to ${where}${reason === '' ? '' : `: ${reason}`}`,
    evidence: bad.map((r) => {
      // A request that never connected has no port.
      const from = r.clientPort > 0 ? `${r.client} port ${r.clientPort}` : r.client;
      return `${from}: ${r.server ?? r.error}`;
    }),
  };
}

function foreignText({ health }: PlannedService, node: string): string {
  return health?.fallback?.node === node
    ? `the fallback ${node} answered (see row health)`
    : `${node} answered, which is no real server of it`;
}

/**
 * Whether the answers are spread as the scheduler promises, for requests that came one after the other.
 * @param out real servers that a director does not have, where somebody looks after them: then there is nothing to share
 */
export function judgeDistribution(service: PlannedService, replies: Reply[], out: string[] = []): Check {
  const counts = new Map(service.servers.map((server) => [server.node, 0]));
  for (const { server } of replies)
    if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
  const share = [...counts].map(([node, count]) => `${node} ${count}`).join(', ');
  const answered = replies.filter((reply) => reply.server !== undefined).length;
  const base = { id: 'distribution', title: 'distribution', evidence: [] };
  if (answered < replies.length || answered === 0)
    return { ...base, outcome: 'unknown', detail: `${share}: not every request was answered` };
  if (out.length > 0 && out.every((node) => counts.get(node) === 0))
    return {
      ...base,
      outcome: 'unknown',
      detail: `${share}: not judged, as ${listText(out)} ${out.length === 1 ? 'is' : 'are'} out (see row health)`,
    };
  const { expected, promise } = expectation(service, counts, answered);
  const kept =
    [...counts].every(([node, count]) => expected(node, count)) &&
    (!staysByClient(service) ||
      // One client, one real server; another client may have another.
      groupsByClient(replies).every((group) => new Set(group.map((reply) => reply.server)).size === 1));
  return {
    ...base,
    outcome: kept ? 'pass' : 'fail',
    detail: kept
      ? `${share}: ${promise}`
      : `${share}, but ${service.persistence === undefined ? service.scheduler : 'persistence'} promises ${promise}`,
  };
}

/** Whether requests that come one after the other reach every real server that has weight. */
export function takesTurns(service: PlannedService): boolean {
  if (service.persistence !== undefined) return false;
  if (service.scheduler === 'wrr') return !isLongRound(usableOf(service).map((server) => server.weight));
  return service.scheduler === 'rr';
}

/** Whether requests of one client, from one address and one port after the other, all go to one real server. */
function staysByClient({ scheduler, flags = [], persistence }: PlannedService): boolean {
  if (persistence !== undefined) return true;
  return ['sh', 'dh', 'mh', 'lblc'].includes(scheduler) && !flags.some((flag) => flag.endsWith('-port'));
}

function groupsByClient(replies: Reply[]): Reply[][] {
  const clients = [...new Set(replies.map((reply) => reply.client))];
  return clients.map((client) => replies.filter((reply) => reply.client === client));
}

interface Expectation {
  expected: (node: string, count: number) => boolean;
  promise: string;
}

function expectation(service: PlannedService, counts: Map<string, number>, total: number): Expectation {
  const usable = service.servers.filter((server) => server.weight > 0);
  // A node is several real servers where it has several ports in the service.
  const entries = (node: string) => usable.filter((server) => server.node === node);
  const weight = (node: string) => entries(node).reduce((sum, server) => sum + server.weight, 0);
  const usedOnlyUsable = (node: string, count: number) => count === 0 || weight(node) > 0;
  if (service.persistence !== undefined)
    return { expected: usedOnlyUsable, promise: 'the same real server for one client' };
  switch (service.scheduler) {
    case 'rr':
      return {
        expected: (node, count) => count === (total * entries(node).length) / Math.max(usable.length, 1),
        promise: 'round robin',
      };
    case 'wrr': {
      const weights = usable.map((server) => server.weight);
      if (isLongRound(weights)) {
        const nodes = [...new Set(usable.map((server) => server.node))];
        const fits = isPartOfRound(
          nodes.map((node) => ({ node, weight: weight(node) })),
          counts,
        );
        return {
          expected: (node, count) => fits && (count === 0 || weight(node) > 0),
          promise: `a part of a round of ${roundOf(weights)} by weighted round robin ${weights.join(':')}`,
        };
      }
      const sum = usable.reduce((all, server) => all + server.weight, 0);
      return {
        expected: (node, count) => count === (total * weight(node)) / sum,
        promise: `weighted round robin ${weights.join(':')}`,
      };
    }
    case 'sh':
    case 'dh':
    case 'mh':
    case 'lblc':
      return {
        expected: usedOnlyUsable,
        promise: staysByClient(service)
          ? 'the same real server for one client and one VIP'
          : 'only real servers with weight; the client’s port counts as well',
      };
    case 'fo':
    case 'ovf': {
      const highest = Math.max(...usable.map((server) => server.weight));
      // Source: ip_vs_fo.c, ip_vs_ovf.c. Of equals the one that the kernel's list has first, which is no promise.
      const first = usable.filter((server) => server.weight === highest).map((server) => server.node);
      return {
        expected: (node, count) => count === 0 || (count === total && first.includes(node)),
        promise: `the real server with the highest weight${first.length > 1 ? ', one of those that are equal' : ''}, as long as it can`,
      };
    }
    case 'lc':
    case 'wlc':
    case 'sed':
    case 'nq':
    case 'lblcr':
    case 'twos':
      // They look at connections that are open at the same time; one after the other shows only who took part.
      return {
        expected: usedOnlyUsable,
        promise: `only real servers with weight; ${service.scheduler} promises no order for one request at a time`,
      };
  }
}
