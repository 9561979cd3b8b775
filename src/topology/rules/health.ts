import { valueOf, type DraftHealth, type DraftService } from '../fields/draft.ts';
import type { Given } from '../reading/given.ts';
import { pagePath } from './page-text.ts';
import type { Placed } from '../reading/positions.ts';
import { familyOf } from '../ip.ts';
import { isPattern } from './matching-text.ts';
import { show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { fill } from '../fields/fill.ts';
import { healthSchema } from '../fields/health.ts';
import { portsOf } from '../service-ports.ts';
import { didYouMean } from '../reading/suggest.ts';
import { checkNamed } from './servers.ts';
import type { HealthCheck } from '../types.ts';

/** Checks how a service's real servers are looked after. */
export function checkHealth(service: DraftService, references: References, problems: Problems): void {
  const health = valueOf(service.health);
  if (health === undefined) return;
  checkManageable(service, health, problems);
  checkQuestion(service, health, problems);
  checkPing(service, health, problems);
  checkFallback(service, health.fallback, references, problems);
}

/** What neither program can put into its configuration, or only one of them. */
function checkManageable(service: DraftService, { at }: DraftHealth, problems: Problems): void {
  const limits = (valueOf(service.servers) ?? []).find((s) => s.upper !== undefined || s.lower !== undefined);
  const tunnel = valueOf(service.tunnel) ?? 'ipip';
  const unmanageable = [
    ...(service.mark === undefined ? [] : ['a mark']),
    ...(valueOf(service['one-packet']) === true ? ['one-packet scheduling'] : []),
    ...((valueOf(service.flags) ?? []).length > 0 ? ['scheduler flags'] : []),
    ...(limits === undefined ? [] : ['limits of a real server']),
    ...(tunnel === 'ipip' ? [] : [`tunnel ${tunnel}`]),
  ];
  for (const what of unmanageable)
    problems.add(
      at,
      `a service with ${what} has a health check, and the program that checks would set the service up without that`,
      'leave one of them out',
    );
}

/** Which keys belong to which check. */
const KEYS = {
  request: 'negotiate',
  receive: 'negotiate',
  command: 'external',
} as const satisfies Partial<Record<keyof DraftHealth, HealthCheck>>;

function checkQuestion(service: DraftService, health: DraftHealth, problems: Problems): void {
  if (health.check === 'unreadable') return;
  const check = fill(healthSchema, health).check;
  const at = typeof health.check === 'object' ? health.check.at : health.at;
  for (const [key, own] of Object.entries(KEYS) as [keyof typeof KEYS, HealthCheck][]) {
    const given = health[key];
    if (typeof given !== 'object') continue;
    if (own !== check)
      problems.add(
        given.at,
        `${key} is for check ${own}, and this is ${check}`,
        `write \`check: ${own}\`, or leave it out`,
      );
    checkText(key, given, problems);
  }
  if (check === 'negotiate' && health.receive === undefined)
    problems.add(
      at,
      'check negotiate without the expected answer: whatever the server said would do',
      'add `receive: ok`, or use `check: connect`',
    );
  if (check === 'external' && health.command === undefined)
    problems.add(
      at,
      'check external without a command',
      'add one, such as `command: curl -sf http://$3:$4/health`',
    );
  for (const { value } of portsOf(service) ?? []) {
    if (value.protocol === 'udp' && check === 'connect')
      problems.add(
        at,
        'check connect needs connections, and this service is udp',
        'use `check: ping` or `check: external`',
      );
    if (check === 'negotiate' && value.application === 'dns')
      problems.add(
        at,
        'check negotiate asks web servers, and this service is DNS',
        'use `check: external`, such as `command: drill @$3 whoami txt`',
      );
  }
}

/** ldirectord makes Net::Ping of the kind `icmp`, which is IPv4's alone (check_ping in ldirectord). */
function checkPing({ vip }: DraftService, health: DraftHealth, problems: Problems): void {
  const { check } = health;
  if (typeof check !== 'object' || check.value !== 'ping' || familyOf(valueOf(vip) ?? '') !== 6) return;
  if (fill(healthSchema, health).by === 'ldirectord')
    problems.add(
      check.at,
      'ldirectord’s check ping knows IPv4 only: it would take every real server of this service out',
      'add `by: keepalived`, or use `check: external` with `command: ping -6 -c 1 -W 1 $3`',
    );
}

/** A path as it stands in a request line, without what keepalived.conf(5) takes for its own: comments, blocks, quotes. */
const REQUEST = /^\/[A-Za-z0-9._~/?&=%:@+,;()*[\]-]*$/;

/** What is wrong with each, and how it would be right; undefined where nothing is. */
const FAULTS: Record<keyof typeof KEYS, (value: string) => [fault: string, fix: string] | undefined> = {
  request: (value) => {
    if (!value.startsWith('/')) return ['is no path', 'begin it with a slash: `request: /health`'];
    if (pagePath(value) === undefined)
      return ['has a % that stands for no character', 'write %25 for a % itself, and a blank as %20'];
    if (REQUEST.test(value)) return undefined;
    return [UNFIT, 'write such characters as % and two hexadecimal digits: %20 for a blank, %21 for !'];
  },
  // Stands in quotes, on a line of its own, in both programs' files.
  receive: (value) => {
    if (/["\\#]/.test(value) || UNPRINTABLE.test(value) || /^[{}]$/.test(value.trim()))
      return [UNFIT, 'leave out quotes, backslashes, # and line breaks, and { or } by themselves'];
    return isPattern(value)
      ? undefined
      : ['is no regular expression', 'close every ( and [, and let something stand before each *, + and ?'];
  },
  // A file of its own.
  command: (value) =>
    NOT_FOR_FILES.test(value) ? ['has a character that no shell script can have', 'leave it out'] : undefined,
};

const UNFIT = 'has a character that the checking programs cannot take';
// eslint-disable-next-line no-control-regex -- these are what is looked for
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]|\p{Surrogate}/u;
// eslint-disable-next-line no-control-regex -- as above
const NOT_FOR_FILES = /\x00|\p{Surrogate}/u;

function checkText(key: keyof typeof KEYS, { value, at }: Placed<string>, problems: Problems): void {
  const [fault, fix] = FAULTS[key](value) ?? [];
  if (value.trim() === '') problems.add(at, `${key} is empty`, 'say what it is, or leave it out');
  else if (fault !== undefined) problems.add(at, `${key} ${show(value)} ${fault}`, fix);
}

function checkFallback(
  service: DraftService,
  fallback: Given<string>,
  references: References,
  problems: Problems,
): void {
  if (typeof fallback !== 'object') return;
  const referent = references.node(fallback.value);
  if (valueOf(referent?.node.role) === 'director') {
    checkOwnFallback(service, fallback, references, problems);
    return;
  }
  checkNamed('real-server', fallback, references, problems);
  if (referent === undefined) return;
  if (referent.names.length !== 1)
    problems.add(
      fallback.at,
      `fallback ${show(fallback.value)} is ${referent.names.length} nodes`,
      didYouMean(fallback.value, referent.names),
    );
  else if (references.serversOf(service).some((s) => s.referent.names.includes(fallback.value)))
    problems.add(
      fallback.at,
      `fallback ${show(fallback.value)} is a real server of this service`,
      'name a node that is none: it answers when those are all out',
    );
}

/** A fallback on the director itself: another director would have to forward to it, and it is no real server. */
function checkOwnFallback(
  service: DraftService,
  { value, at }: Placed<string>,
  references: References,
  problems: Problems,
): void {
  const directors = references.directorsOf(service).flatMap(({ names }) => names);
  const other = directors.find((name) => name !== value);
  if (other !== undefined)
    problems.add(
      at,
      `fallback ${show(value)} is a director, and director ${show(other)} ${directors.includes(value) ? 'carries this service as well' : 'carries this service'}`,
      'name a node of role real-server, or leave the service to the one director: `directors: [director]`',
    );
}
