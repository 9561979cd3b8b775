import type { Difference } from '../drift/compare.ts';
import { serviceName } from '../plan/service-name.ts';
import type { PlannedService } from '../plan/types.ts';
import { endpoint } from '../topology/endpoint.ts';
import type { Check } from './check.ts';
import { listText } from './evidence.ts';

/** What one director's table has of a service, beside the plan. */
export interface TableLook {
  director: string;
  differences: Difference[];
  /** Why a part of it could not be read; empty where all was. */
  unread: string[];
  /** What each rule that marks packets is for, by its name among the differences. */
  marks: Record<string, string>;
  /** The lines of `ipvsadm -Sn` that were found. */
  lines: string[];
}

/**
 * Whether the directors' tables have a service as it was planned: scheduler, flags, persistence and netmask, real
 * servers with method, weight, ports and limits, and the marks that lead to it. Traffic cannot say that for every
 * scheduler: one that promises no order keeps its promise with a real server less.
 * @param services the service; of those that share a mark, all of them
 */
export function judgeTable(services: PlannedService[], looks: TableLook[]): Check {
  const [service] = services;
  const base = { id: 'table', title: "director's table" };
  if (service === undefined || looks.length === 0)
    return {
      ...base,
      outcome: 'unknown',
      detail: `not compared: ${listText(service?.directors ?? [])} does not run`,
      evidence: [],
    };
  const silent = service.directors.filter((name) => looks.every(({ director }) => director !== name));
  const found = looks.flatMap((look) =>
    look.differences.map((d) => `${placeOf(look, looks)}${differenceText(d, services, look.marks)}`),
  );
  const unread = looks.flatMap(({ director, unread: why }) => why.map((text) => `${director}: ${text}`));
  if (found.length > 0)
    return {
      ...base,
      outcome: 'fail',
      detail: `differs from the plan: ${[...new Set(found)].join('; ')}`,
      evidence: looks.flatMap(({ director, lines }) => lines.map((line) => `${director}: ${line}`)),
    };
  if (unread.length > 0)
    return { ...base, outcome: 'unknown', detail: `not compared: ${unread.join('; ')}`, evidence: [] };
  return {
    ...base,
    outcome: 'pass',
    detail: `as planned on ${listText(looks.map(({ director }) => director))}${silent.length === 0 ? '' : ` (${listText(silent)} does not run)`}: ${planText(service)}`,
    evidence: [],
  };
}

/** Whether what the directors' services share is as planned. Only what differs is worth a row. */
export function judgeShared(looks: Pick<TableLook, 'director' | 'differences'>[]): Check[] {
  const found = looks.flatMap(({ director, differences }) =>
    differences.map((d) => `${director}: ${differenceText(d, [], {})}`),
  );
  if (found.length === 0) return [];
  return [
    {
      id: 'director-settings',
      title: "director's settings",
      outcome: 'fail',
      detail: `differs from the plan: ${found.join('; ')}`,
      evidence: [],
    },
  ];
}

/** Which director, where there are several. */
function placeOf({ director }: TableLook, looks: TableLook[]): string {
  return looks.length > 1 ? `${director}: ` : '';
}

function differenceText(
  { kind, name, state, changes }: Difference,
  services: PlannedService[],
  marks: TableLook['marks'],
): string {
  const what = kind === 'mark' ? (marks[name] ?? `the mark by ${name}`) : subject(kind, name, services);
  if (state === 'missing') return `${what} is missing`;
  if (state === 'extra') return `${what} is there, and the plan does not have it`;
  const told = changes.map(
    ({ attribute, planned, found }) =>
      `${attribute} ${valueText(attribute, found)} (planned: ${valueText(attribute, planned)})`,
  );
  return `${what} has ${told.join(', ')}`;
}

function subject(kind: Difference['kind'], name: string, services: PlannedService[]): string {
  if (kind === 'timeouts') return 'ipvsadm --set';
  if (kind === 'service') return `service ${name}`;
  const address = name.split(' → ').at(-1) ?? name;
  const node = nodeOf(address, services);
  return node === undefined ? `real server ${address}` : `real server ${node} (${address})`;
}

/** Who has an address of a service's table; behind a mark a real server has port 0, which is any. */
function nodeOf(address: string, services: PlannedService[]): string | undefined {
  for (const { servers, health, mark } of services)
    for (const server of [...servers, ...(health?.fallback === undefined ? [] : [health.fallback])])
      if (endpoint(server.address, mark === undefined ? server.port : 0) === address) return server.node;
  return undefined;
}

const SECONDS = ['persistence', 'tcp', 'tcpfin', 'udp'];

function valueText(attribute: string, value: string | undefined): string {
  if (value === undefined) return 'none';
  return SECONDS.includes(attribute) ? `${value} s` : value;
}

/** `rr, persistence 30 s for /26, real servers rs1 and rs2, weights 1:1`. */
function planText(service: PlannedService): string {
  const { scheduler, flags, persistence, mark, onePacket, servers, health } = service;
  const weights = servers.map(({ weight }) => weight);
  const names = servers.map(({ node, port }) =>
    servers.filter((s) => s.node === node).length > 1 ? `${node}:${port}` : node,
  );
  return [
    [scheduler, ...(flags ?? [])].join(' with '),
    ...(mark === undefined ? [] : [`mark ${mark}`]),
    ...(onePacket === true ? ['one-packet'] : []),
    ...(persistence === undefined
      ? []
      : [
          `persistence ${persistence.timeout} s${persistence.prefix === undefined ? '' : ` for each /${persistence.prefix}`}`,
        ]),
    health === undefined
      ? `${listText(names)}${weights.every((w) => w === 1) ? '' : ` by weights ${weights.join(':')}`}`
      : `which of ${listText(names)} is in, ${health.by} decides`,
  ].join(', ');
}

/** A row that rests on a table that differs says so: what it promises is promised by the plan. */
export function restsOnTable(check: Check, table: Check | undefined): Check {
  if (table?.outcome !== 'fail') return check;
  return { ...check, detail: `${check.detail} (rests on the director's table, which differs from the plan)` };
}

/** How a table's row is told from others: by the mark where services share one. */
export function tableSubject([service]: PlannedService[]): string {
  if (service === undefined) return '';
  return service.mark === undefined ? serviceName(service) : `mark ${service.mark}`;
}
