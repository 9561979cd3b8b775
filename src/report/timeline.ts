import { shortened } from '../proof/shortened.ts';
import type { TimelineEvent } from '../timeline/journal.ts';
import type { Answered, Noticed, Takeover } from '../proof/noticed.ts';
import type { SteadyReport, TimelineReport } from '../commands/timeline.ts';
import { columns } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';
import { visibleLine } from '../terminal/visible.ts';
import { counted } from '../topology/counted.ts';

const COLOURS: Record<TimelineEvent['source'], (text: string) => string> = {
  action: paint.bold,
  requests: paint.yellow,
  ipvs: paint.cyan,
  log: paint.dim,
  announcement: paint.magenta,
};

/** What daemons log when they decide something: of all their lines the few that tell a story. */
const DECISIONS =
  /STATE\b|(added|deleted|quiescent|starting) (real|virtual|fallback) server|(removing|adding) (sorry )?service|failed|success/i;

/** Whether people want to read it, who did not ask for every line of the logs. */
export function isNews({ source, text }: TimelineEvent): boolean {
  return source !== 'log' || DECISIONS.test(text);
}

/** The time that a daemon's line begins with: the event has one already. */
const STAMP = /^(\S+: )(?:\[\w{3} \w{3} [^\]|]*[^\]]*\] |\w{3} \w{3} +\d+ [\d:.]+ \d{4}: )/;

/** An event as a line, with seconds since the beginning. */
export function eventLine({ time, source, node, text }: TimelineEvent, from: number): string {
  const seconds = ((Date.parse(time) - from) / 1000).toFixed(2).padStart(7);
  return `${seconds}  ${node.padEnd(12)} ${COLOURS[source](visibleLine(text.replace(STAMP, '$1')))}`;
}

/** What each client saw, at the end. */
export function timelineSummary({ from, clients, noticed, promised }: TimelineReport): string {
  const began = Date.parse(from);
  return [
    ...clients.map((client) => clientText(client, began)),
    ...promised.map(({ service, by, within }) => `${by} notices within ${within} s (${service})`),
    columns(noticed.map((each) => [`  ${each.action}`, cameOf(each)])),
  ].join('\n');
}

/** What came of something that was done: first who has the addresses, then clients, then tables. */
function cameOf({ change, seconds, takeovers, requests }: Noticed): string {
  const table = change === undefined ? [] : [`${after(seconds)} ${change}`];
  const parts = [
    ...(takeovers === undefined ? [] : [takeoverText(takeovers)]),
    ...(requests === undefined ? [] : [answeredText(requests)]),
    ...table,
  ];
  return parts.length === 0 ? 'no table changed' : parts.join('; ');
}

function takeoverText(takeovers: Takeover[]): string {
  if (takeovers.length === 0) return 'no takeover';
  return [...new Set(takeovers.map(({ by }) => by))]
    .map((by) => {
      const own = takeovers.filter((each) => each.by === by);
      const addresses = [...new Set(own.map(({ address }) => address))];
      return `${after(Math.max(...own.map((each) => each.seconds)))} ${by} has ${addresses.join(', ')}`;
    })
    .join(', ');
}

function answeredText(requests: Answered[]): string {
  if (requests.length === 0) return 'no request failed';
  const again = requests.flatMap((each) => each.seconds ?? []);
  const services = requests.filter((each) => each.seconds === undefined).map(({ service }) => service);
  return [
    ...(again.length === 0 ? [] : [`requests answered again ${after(Math.max(...again))}`]),
    ...(services.length === 0 ? [] : [`requests to ${services.join(', ')} not answered again`]),
  ].join(', ');
}

function after(seconds: number | undefined): string {
  return `after ${seconds?.toFixed(1) ?? '?'} s`;
}

function clientText(
  { client, service, sent, failed, servers, outages, requests }: SteadyReport,
  began: number,
): string {
  const shares = Object.entries(servers).map(([name, count]) => `${name} ${count}`);
  const seconds = (time: number) => ((time - began) / 1000).toFixed(2);
  return [
    `${client} → ${service}: ${counted(sent, 'request')}, ${failed} failed${slowest(requests)}${shares.length === 0 ? '' : ` (${shares.join(', ')})`}`,
    columns(
      outages.map((o) => [
        `  ${seconds(o.from)}–${seconds(o.until)} s`,
        `${o.failed} failed, ${o.answered} answered`,
        o.over ? '' : 'not over',
        shortened(o.errors, 3).join('; '),
      ]),
    ),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

/** Milliseconds of an answer that somebody was kept waiting for: it takes a hundredth of that else. */
const SLOW = 150;

function slowest(requests: SteadyReport['requests']): string {
  const times = requests.flatMap(({ began, ended, server }) => (server === undefined ? [] : [ended - began]));
  const slow = times.filter((time) => time >= SLOW).length;
  return slow === 0 ? '' : `, ${slow} slow (up to ${(Math.max(...times) / 1000).toFixed(1)} s)`;
}
