import type { PlannedService } from '../../plan/types.ts';
import type { Held } from '../../traffic/held.ts';
import type { Check } from '../check.ts';
import { stepsOf, type HeldStep } from './held-steps.ts';
import { loadsOf, type ServerLoad } from './load.ts';
import { judgeLots } from './lots.ts';
import type { SchedulerRule } from './rule.ts';
import { ANY_WITH_ROOM, HELD_RULES } from './rules.ts';
import { counted } from '../../topology/counted.ts';

/** Each takes some milliseconds, and a real server's web server has a thousand at most. */
const MOST_HELD = 64;

/** Lots of `twos` take more to be told from wlc where there are two real servers. */
const MOST_LOTS = 128;

/** dnsmasq has a process for each TCP connection, and twenty at most. */
const MOST_DNS = 20;

/**
 * How many connections to hold so that a scheduler shows what it is; undefined for one that does not look at open
 * connections, where no limit is to be shown either.
 * @param loads as the director counts them now; undefined where that is not known
 */
export function heldFor(
  service: PlannedService,
  loads: ServerLoad[] | undefined,
): { first: number; then: number } | undefined {
  if (service.persistence !== undefined || service.onePacket === true) return undefined;
  const limited = service.servers.some((server) => server.upper !== undefined);
  // Datagrams would fill a limit for as long as the director remembers them, and everybody else would be refused.
  if (limited && service.protocol === 'udp') return undefined;
  if (HELD_RULES[service.scheduler] === undefined && !limited) return undefined;
  const capacity = (loads ?? [])
    .filter((load) => load.weight > 0)
    .reduce(
      (sum, { upper, active }) => sum + (upper === undefined ? Infinity : Math.max(0, upper - active)),
      0,
    );
  // Two more than there is ever room for, so that the limit is seen to be one.
  const filled = limited && Number.isFinite(capacity) ? capacity + 2 : 0;
  const first = Math.min(
    service.scheduler === 'twos' ? MOST_LOTS : MOST_HELD,
    Math.max(8, telling(service), filled),
  );
  const then = Math.min(16, Math.ceil(first / 2));
  if (service.application === 'dns' && service.protocol === 'tcp' && first + then > MOST_DNS)
    return undefined;
  return { first, then };
}

/** Twice what goes round all servers; for those that measure by weight itself, more than all weights hold. */
function telling({ scheduler, servers }: PlannedService): number {
  const weights = servers.map((server) => server.weight);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (scheduler === 'twos' && weights.filter((weight) => weight > 0).length > 1) return MOST_LOTS;
  if (scheduler === 'ovf') return sum + 2 * servers.length;
  if (scheduler === 'lblc' || scheduler === 'lblcr') return 2 * sum + 2 * servers.length;
  if (scheduler === 'lc' || scheduler === 'fo') return 2 * servers.length;
  const lightest = Math.min(...weights.filter((weight) => weight > 0));
  return Math.ceil((2 * sum) / lightest);
}

/**
 * Whether each connection went where the scheduler may send it, with what was open at that moment. The tables before
 * and during are the measure of what else was going on: where they do not add up, nothing can be said.
 */
export function judgeHeld(service: PlannedService, held: Held): Check {
  const own = HELD_RULES[service.scheduler];
  const rule = own ?? ANY_WITH_ROOM;
  const base = { id: 'scheduler', title: own === undefined ? 'limits' : 'scheduler', evidence: [] };
  const unknown = (detail: string): Check => ({ ...base, outcome: 'unknown', detail });
  const before = loadsOf(service, held.before);
  const during = loadsOf(service, held.during);
  if (before === undefined || during === undefined)
    return unknown('the director’s table does not have every real server of the plan');
  const lost = held.events.find(
    ({ connection: { server, error } }) => server === undefined && !refused(error),
  );
  if (lost !== undefined)
    return unknown(`a connection was neither answered nor refused: ${lost.connection.error}`);
  const strangers = othersThere(service, before, during, held);
  if (strangers !== undefined) return unknown(strangers);
  const story = tell(service, held);
  const steps = stepsOf(service, before, during, held);
  const outcome = replay(rule, before, steps);
  if (outcome === 'too many to follow')
    return unknown(
      `${story}: what ${service.scheduler} remembers of so many real servers cannot be followed`,
    );
  if (outcome !== undefined)
    return {
      ...base,
      outcome: 'fail',
      detail: `${story}, but ${outcome.what}: ${service.scheduler} sends each ${rule.promise}`,
      evidence: outcome.evidence,
    };
  const lots = service.scheduler === 'twos' ? judgeLots(steps) : undefined;
  if (lots !== undefined && lots.outcome !== 'pass')
    return {
      ...base,
      outcome: lots.outcome,
      detail: `${story}, but lots hardly ever fall like that: ${lots.best.name} is ${timesText(lots.best.better)} as likely to do it; twos sends each ${rule.promise}`,
    };
  const alike =
    own === undefined ? [] : lots !== undefined ? lots.others : othersLike(service, before, steps);
  return {
    ...base,
    outcome: 'pass',
    detail: `${story}: each ${rule.promise}${doubt(alike, own === undefined && !during.some((load) => load.full === 'yes'))}`,
  };
}

/** Which other schedulers would have done the same. */
function othersLike({ scheduler }: PlannedService, before: ServerLoad[], steps: HeldStep[]): string[] {
  const measuring = Object.entries(HELD_RULES)
    .filter(([name, rule]) => name !== scheduler && replay(rule, before, steps) === undefined)
    .map(([name]) => name);
  // Its rule allows everything; what lots may do is a matter of their odds.
  return measuring.filter((name) => name !== 'twos' || judgeLots(steps).outcome === 'pass');
}

function timesText(better: number): string {
  return better >= 1e6 ? 'more than a million times' : `${Math.round(better)} times`;
}

/** What a reader must know who takes a green line for proof. */
function doubt(alike: string[], unfilled: boolean): string {
  if (unfilled) return ' (none came to its limit)';
  return alike.length === 0 ? '' : ` (as ${alike.join(', ')} could have here)`;
}

function refused(error: string): boolean {
  return /refused/i.test(error);
}

/** What in the tables is not of these connections; undefined where nothing is. */
function othersThere(
  service: PlannedService,
  before: ServerLoad[],
  during: ServerLoad[],
  held: Held,
): string | undefined {
  if (service.protocol === 'udp') {
    const more = during.find(
      ({ node, inactive }, index) =>
        inactive.least > (before[index]?.inactive.most ?? 0) + openAt(held, node),
    );
    return more === undefined
      ? undefined
      : `datagrams of others came meanwhile: ${more.node} has ${more.inactive.least} entries`;
  }
  const wrong = before.findIndex(
    (load, index) => load.active + openAt(held, load.node) !== (during[index]?.active ?? -1),
  );
  const load = before[wrong];
  return load === undefined
    ? undefined
    : `connections of others came or went meanwhile: ${load.node} had ${load.active} open, ${openAt(held, load.node)} were added, and then it had ${during[wrong]?.active ?? 0}`;
}

function openAt({ events }: Held, node: string): number {
  return events
    .filter(({ connection }) => connection.server === node)
    .reduce((sum, { kind }) => sum + (kind === 'opened' ? 1 : -1), 0);
}

/** @returns undefined where everything was as the rule has it */
function replay(
  rule: SchedulerRule,
  before: ServerLoad[],
  steps: HeldStep[],
): { what: string; evidence: string[] } | 'too many to follow' | undefined {
  let memories = rule.start(before);
  if (memories.length === 0) return 'too many to follow';
  for (const [index, { servers, taken, server }] of steps.entries()) {
    const choices = memories.flatMap((memory) => rule.next(memory, servers));
    memories = [...new Set(choices.filter((c) => c.server === taken).map((c) => c.memory))];
    if (memories.length === 0) return surprise(index + 1, server, choices, servers);
  }
  return undefined;
}

function surprise(
  number: number,
  server: string | undefined,
  choices: { server: number | undefined }[],
  servers: ServerLoad[],
): { what: string; evidence: string[] } {
  const name = (index: number | undefined) =>
    index === undefined ? 'nowhere (refused)' : (servers[index]?.node ?? '');
  const expected = [...new Set(choices.map((choice) => name(choice.server)))].join(' or ');
  return {
    what: `connection ${number} ${server === undefined ? 'was refused' : `went to ${server}`}, not to ${expected}`,
    evidence: servers.map(
      (s) =>
        `${s.node} then: weight ${s.weight}, open ${s.active}, ended and remembered ${span(s)}${s.upper === undefined ? '' : `, upper ${s.upper}`}`,
    ),
  };
}

function span({ inactive: { least, most } }: ServerLoad): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

/** `12 connections held (rs1 4, rs2 8), then rs2’s ended and 6 more (rs2 6)` */
function tell({ protocol }: PlannedService, { events }: Held): string {
  const turn = events.findIndex((event) => event.kind === 'ended');
  const ended = events.find((event) => event.kind === 'ended')?.connection.server;
  const opened = (list: Held['events']) => list.filter((event) => event.kind === 'opened');
  const first = opened(turn < 0 ? events : events.slice(0, turn));
  const more = turn < 0 ? [] : opened(events.slice(turn));
  const text =
    protocol === 'udp'
      ? `${counted(first.length + more.length, 'datagram')} of new client ports (${shares(first)})`
      : `${counted(first.length, 'connection')} held open (${shares(first)})`;
  return ended === undefined
    ? text
    : `${text}, then ${ended}’s ended and ${more.length} more (${shares(more)})`;
}

function shares(events: Held['events']): string {
  const names = events.map(({ connection }) => connection.server ?? 'refused');
  const counted = [...new Set(names)].sort();
  return counted.map((name) => `${name} ${names.filter((n) => n === name).length}`).join(', ');
}
