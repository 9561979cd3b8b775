import { shortened } from '../proof/shortened.ts';
import type { TimelineEvent } from '../commands/observers.ts';
import type { SteadyReport, TimelineReport } from '../commands/timeline.ts';
import { columns } from './columns.ts';
import { paint } from './paint.ts';
import { visibleLine } from './visible.ts';
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
    columns(
      noticed.map(({ action, change, seconds }) => [
        `  ${action}`,
        change === undefined ? 'no table changed' : `after ${seconds?.toFixed(1) ?? ''} s ${change}`,
      ]),
    ),
  ].join('\n');
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
