import type { PlannedHealth, PlannedService } from '../plan/types.ts';
import type { Check } from './check.ts';
import { listText } from './evidence.ts';
import type { CheckResult, Move } from './health-log.ts';

/** A real server of a service, as the director's table and the log of the daemon that looks after it have it. */
export interface WatchedServer {
  node: string;
  /** Address and port, as the table has them. */
  server: string;
  /** By the plan. */
  planned: number;
  /** In the table; undefined: it is not there. */
  weight: number | undefined;
  /** What the daemon last did with it; undefined: its log says nothing. */
  move: Move | undefined;
  /** What came of its last check; undefined: nothing is written of any. */
  check: CheckResult | undefined;
}

/** What has become of a service's real servers at one director. */
export interface ServiceHealth {
  service: Pick<PlannedService, 'vip' | 'port' | 'protocol'>;
  director: string;
  by: PlannedHealth['by'];
  /** Whether the daemon runs. */
  running: boolean;
  /** Those that are meant to get something: of weight above 0. */
  servers: WatchedServer[];
  fallback: { node: string; in: boolean } | undefined;
  /** Servers in the table that the plan does not have there. */
  foreign: string[];
}

/** A real server that gets nothing new: it is not in the table, or has weight 0. */
export function isOut({ weight }: WatchedServer): boolean {
  return weight === undefined || weight === 0;
}

/**
 * What is wrong with a service's real servers at a director, a sentence each; none where all are in and well.
 */
export function healthTroubles(health: ServiceHealth): string[] {
  const { by, director, running, servers, foreign } = health;
  const out = servers.filter(isOut);
  const all = out.length === servers.length && servers.length > 0;
  return [
    ...(running ? [] : [`${by} does not run on ${director}: nobody takes out a real server that is dead`]),
    ...(all ? [allOut(health)] : out.map((server) => outText(by, server))),
    ...servers
      .filter((server) => !isOut(server) && server.weight !== server.planned)
      .map(({ node, weight, planned }) => `${node} has weight ${weight ?? 0}, and the plan says ${planned}`),
    // keepalived's log does not say for which service it asked.
    ...servers
      .filter((server) => by === 'ldirectord' && !isOut(server) && server.check?.well === false)
      .map(
        ({ node, check }) =>
          `${node} is in, but failed its last check${check?.said === '' ? '' : `: "${clipped(check?.said ?? '')}"`}`,
      ),
    ...foreign.map((server) => `${server} is in the table, and the plan has it not`),
    ...(health.fallback?.in === true && !all
      ? [`the fallback ${health.fallback.node} is in the table, though not all real servers are out`]
      : []),
  ];
}

/** The same of several directors, with whose it is. */
export function troublesOf(states: ServiceHealth[]): string[] {
  return states.flatMap((state) =>
    healthTroubles(state).map((text) => (states.length > 1 ? `${state.director}: ${text}` : text)),
  );
}

/** `all real servers (rs1 and rs2) have been out since 07:07:41, the fallback sorry answers; …` */
function allOut({ by, servers, fallback }: ServiceHealth): string {
  const byTime = [...servers].sort((a, b) => (a.move?.time ?? '').localeCompare(b.move?.time ?? ''));
  const last = byTime.findLast(({ move }) => move?.out === true) ?? byTime.at(-1);
  if (last === undefined) return '';
  const answers =
    fallback === undefined
      ? 'and there is no fallback: nobody answers'
      : fallback.in
        ? `the fallback ${fallback.node} answers`
        : `and the fallback ${fallback.node} is not in the table: nobody answers`;
  const [only] = servers.length === 1 ? servers : [];
  return only === undefined
    ? `all real servers (${listText(servers.map(({ node }) => node))}) ${outSince(last, 'are')}, ${answers}; ${last.node} last: ${reason(by, last)}`
    : `the only real server (${only.node}) ${outSince(only, 'is')}, ${answers}; ${reason(by, only)}`;
}

function outText(by: PlannedHealth['by'], server: WatchedServer): string {
  const how = server.weight === 0 ? ' (weight 0)' : '';
  return `${server.node} ${outSince(server, 'is')}${how}: ${reason(by, server)}`;
}

/** `has been out since 07:07:41`; where no log says since when, `is out`. */
function outSince({ move }: WatchedServer, verb: 'is' | 'are'): string {
  if (move?.out !== true) return `${verb} out`;
  return `${verb === 'is' ? 'has' : 'have'} been out since ${move.time}`;
}

/** Who took a server out, in the daemon's own words where it was the daemon. */
function reason(by: PlannedHealth['by'], { move, check }: WatchedServer): string {
  if (move?.out !== true) return `no line of ${by}'s log says so, so it was taken out by hand`;
  const got = check?.well === false && check.said !== '' ? `its check got "${clipped(check.said)}"; ` : '';
  return `${got}${by} says "${move.said}"`;
}

/** What a check got may be a whole page. */
function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const LONGEST = 160;

/** What was asked, how often: `negotiate every 2 s`. */
function checkText({ check, interval }: PlannedHealth): string {
  return `${check} every ${interval} s`;
}

/**
 * Whether every real server that somebody looks after is in, with its weight, at each director that was asked.
 * @param states of this service, one for each director
 */
export function judgeHealth(
  service: PlannedService & { health: PlannedHealth },
  states: ServiceHealth[],
): Check {
  const base = { id: 'health', title: 'health' };
  const several = states.length > 1;
  const troubles = troublesOf(states);
  const [state] = states;
  if (state === undefined)
    return { ...base, outcome: 'unknown', detail: 'no director has this service in its table', evidence: [] };
  const evidence = states
    .flatMap(({ servers }) => servers.filter(isOut).flatMap(({ move }) => move ?? []))
    .sort((a, b) => a.time.localeCompare(b.time))
    .map(({ line }) => line);
  if (troubles.length > 0) {
    const [first = '', ...others] = troubles;
    return { ...base, outcome: 'fail', detail: first, evidence: [...others, ...evidence] };
  }
  const nodes = state.servers.map(({ node }) => node);
  const where = several ? ` at ${listText(states.map(({ director }) => director))}` : '';
  return {
    ...base,
    outcome: 'pass',
    detail: `${service.health.by} looks after ${listText(nodes)} (${checkText(service.health)}): all ${nodes.length} are in${where}`,
    evidence: [],
  };
}

/** Nodes none of whose entries in a service is in at any director. */
export function nodesOut(states: ServiceHealth[]): string[] {
  const servers = states.flatMap((state) => state.servers);
  return [...new Set(servers.map(({ node }) => node))].filter((node) =>
    servers.filter((server) => server.node === node).every(isOut),
  );
}
