import type { NamedService } from '../plan/name-services.ts';
import type { DnsName } from '../topology/types.ts';
import type { Check, Outcome } from './check.ts';
import { counted } from '../topology/counted.ts';

/** What a client's resolver gave for a name, question after question; each in the order that it gave. */
export interface Resolved {
  client: string;
  answers: string[][];
}

/** A request to a name, as far as it is judged here. */
export interface NamedRequest {
  client: string;
  address: string;
  server: string | undefined;
  error: string;
}

/** Bits a second that a client got. */
export interface Throughput {
  /** One download, through one director. */
  one: number;
  /** As many downloads as the name has addresses, all through that director. */
  crowded: number;
  /** The same number, each through another director. */
  spread: number;
}

/** Requests from each client to a name: enough that each address has several turns. */
export function requestsByName({ addresses }: DnsName): number {
  return 4 * addresses.length;
}

/** Every client resolves the name to its addresses, and the first of them changes from question to question. */
export function judgeResolution(name: DnsName, resolved: Resolved[]): Check {
  const wanted = [...name.addresses].sort().join(', ');
  const wrong = resolved.flatMap(({ client, answers }) =>
    answers
      .filter((answer) => [...answer].sort().join(', ') !== wanted)
      .map((answer) => ({ client, answer })),
  );
  const evidence = resolved.flatMap(({ client, answers }) =>
    answers.map((answer) => `${client}: ${name.name} is ${answer.join(', ') || 'not known'}`),
  );
  const check = checkOf(`name-resolves ${name.name}`, 'name resolves', evidence);
  const [first] = wrong;
  if (first !== undefined)
    return check(
      'fail',
      `${first.client} resolved ${name.name} to ${first.answer.join(', ') || 'nothing'}, not to ${wanted}`,
    );
  const stuck = resolved.find(
    ({ answers }) => name.addresses.length > 1 && new Set(answers.map(([address]) => address)).size < 2,
  );
  if (stuck !== undefined)
    return check('fail', `to ${stuck.client} ${stuck.answers[0]?.[0] ?? ''} came first each time: no turns`);
  return check('pass', `${name.name} is ${name.addresses.join(', ')}, another one first each time`);
}

/** Clients that ask by name are answered, and spread over all its addresses. */
export function judgeSpread(name: DnsName, services: NamedService[], requests: NamedRequest[]): Check {
  const shares = services.map(({ address, service }) => ({
    director: service.directors.join('/'),
    address,
    count: requests.filter((request) => request.server !== undefined && request.address === address).length,
  }));
  const evidence = requests.map(
    ({ client, address, server, error }) => `${client} → ${address || '?'}: ${server ?? error}`,
  );
  const check = checkOf(`name-spreads ${name.name}`, 'name spreads', evidence);
  const unanswered = requests.filter((request) => request.server === undefined);
  const [failed] = unanswered;
  if (failed !== undefined || requests.length === 0)
    return check(
      requests.length === 0 ? 'unknown' : 'fail',
      failed === undefined
        ? 'no request was sent'
        : `${failed.client} asked ${name.name} and got no answer: ${failed.error} (${unanswered.length} of ${requests.length} requests)`,
    );
  const text = shares.map(({ director, address, count }) => `${director} (${address}) ${count}`).join(', ');
  // Its turns are even; a client that retries may shift one or two.
  const fair = requests.length / services.length;
  const uneven = shares.some(({ count }) => count < fair / 2);
  return check(
    uneven ? 'fail' : 'pass',
    `${counted(requests.length, 'request')} to ${name.name}: ${text}${uneven ? '; each should have about the same' : ''}`,
  );
}

/** Whoever came by an address was answered by a real server of that address’s own director, and by no other. */
export function judgePools(name: DnsName, services: NamedService[], requests: NamedRequest[]): Check {
  const answered = requests.filter((request) => request.server !== undefined);
  const evidence = answered.map(({ client, address, server }) => `${client} → ${address}: ${server ?? ''}`);
  const check = checkOf(`name-pools ${name.name}`, 'own pool each', evidence);
  const poolOf = (address: string) =>
    services.find((each) => each.address === address)?.service.servers.map(({ node }) => node) ?? [];
  const stray = answered.find(({ address, server }) => !poolOf(address).includes(server ?? ''));
  if (stray !== undefined)
    return check(
      'fail',
      `${stray.client} asked ${stray.address} and was answered by ${stray.server ?? ''}, which is not of its pool (${poolOf(stray.address).join(', ')})`,
    );
  if (answered.length === 0) return check('unknown', 'no request was answered');
  return check(
    'pass',
    services
      .map(({ address, service }) => {
        const count = answered.filter((request) => request.address === address).length;
        return `${service.directors.join('/')} → ${poolOf(address).join(', ')}: ${count}`;
      })
      .join('; '),
  );
}

/** Of what one director gets, the part that each must add at least; above it, that a crowd may get at most. */
const GAIN = 0.75;
const NO_GAIN = 1.25;

/** Throughput grows with the directors, where each one’s link is the limit; a second connection alone gains nothing. */
export function judgeScale(name: DnsName, directors: number, { one, crowded, spread }: Throughput): Check {
  const growth = one === 0 ? 0 : spread / one;
  const evidence = [
    `one download through one director: ${mbit(one)}`,
    `${directors} downloads through one director: ${mbit(crowded)}`,
    `${directors} downloads through ${directors} directors: ${mbit(spread)}`,
  ];
  const check = checkOf(`name-scales ${name.name}`, 'scales with directors', evidence);
  const text = `one director ${mbit(one)} (with ${directors} downloads ${mbit(crowded)}), ${directors} directors ${mbit(spread)}: ${growth.toFixed(1)} times as much`;
  if (one === 0) return check('unknown', 'nothing arrived through the first director');
  if (crowded > NO_GAIN * one)
    return check('fail', `${text}; one director’s link is not the limit that it should be`);
  return check(growth < GAIN * directors ? 'fail' : 'pass', text);
}

function mbit(bits: number): string {
  return `${(bits / 1e6).toFixed(1)} Mbit/s`;
}

function checkOf(id: string, title: string, evidence: string[]) {
  return (outcome: Outcome, detail: string): Check => ({ id, title, outcome, detail, evidence });
}
