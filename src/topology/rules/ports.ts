import { valueOf, type DraftService } from '../fields/draft.ts';
import type { Position } from '../reading/positions.ts';
import { GUE_PORT, PORT_PATTERN, parsePort } from '../fields/ports.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { portsOf, serverPort } from '../service-ports.ts';
import type { Application } from '../types.ts';

/** Checks how the ports of one service are written, and that they make sense together. */
export function checkPorts(service: DraftService, problems: Problems): void {
  const { mark, port, ports, tls } = service;
  checkList(service, problems);
  if (ports !== undefined && mark === undefined && typeof ports === 'object')
    problems.add(
      ports.at,
      'several ports without a mark: a virtual service has one port',
      'add `mark: 1`, by which the director knows them as one service; or write a service for each port',
    );
  if (typeof ports === 'object' && typeof port === 'object')
    problems.add(port.at, 'both `port` and `ports`', 'put this one into the list as well');
  if (typeof ports === 'object' && typeof tls === 'object')
    problems.add(
      tls.at,
      '`tls` beside `ports` does not say which of them is meant',
      'write it there: 8443/tls',
    );
  else if (typeof tls === 'object' && tls.value) checkTls(service, tls.at, problems);
  for (const { value, at } of portsOf(service) ?? [])
    if (value.protocol === 'udp' && value.port === GUE_PORT)
      problems.add(at, `port ${GUE_PORT} udp is the one that the lab's GUE tunnels use`, 'take another port');
  if (mark === undefined) return;
  for (const entry of valueOf(service.servers) ?? [])
    if (typeof entry.port === 'object')
      problems.add(
        entry.port.at,
        `port ${entry.port.value} for a real server of a service by mark, which may have several ports`,
        'leave `port` out: each packet keeps the port that it came to',
      );
}

function checkList({ ports }: DraftService, problems: Problems): void {
  if (typeof ports !== 'object') return;
  if (ports.value.length === 0)
    problems.add(ports.at, 'a service without any port', 'write `ports: [80, 443]`');
  for (const { value, at } of ports.value) {
    if (typeof value === 'number' || parsePort(value) !== undefined) continue;
    const number = /^\d+$/.test(value);
    const outside = new RegExp(PORT_PATTERN).test(value);
    problems.add(
      at,
      outside ? `port ${value} is not between 1 and 65535` : `${show(value)} is not a port`,
      number ? `write it without quotes: ${value}` : 'write 80, 443/tls, 8080/tcp or 53/udp',
    );
  }
}

function checkTls(service: DraftService, at: Position, problems: Problems): void {
  const [first] = portsOf(service) ?? [];
  if (first?.value.application !== 'dns') return;
  const { port, protocol } = first.value;
  problems.add(
    at,
    `TLS on port ${port} ${protocol}, where real servers answer as DNS servers`,
    'TLS is for web servers, over tcp and on another port: leave `tls` out',
  );
}

/** A director knows each mark once. */
export function checkMarks(references: References, problems: Problems): void {
  const seen = new Map<string, Position>();
  for (const service of references.draft.services) {
    const { mark } = service;
    if (typeof mark !== 'object') continue;
    const directors = references.directorsOf(service).flatMap(({ names }) => names);
    const director = directors.find((name) => seen.has(`${mark.value} ${name}`));
    const first = seen.get(`${mark.value} ${director ?? ''}`);
    if (director !== undefined && first !== undefined)
      problems.add(
        mark.at,
        `mark ${mark.value} is here twice for director "${director}": it is on ${onLine(first)} already`,
        'take another mark, or put the ports together',
      );
    for (const name of directors) seen.set(`${mark.value} ${name}`, mark.at);
  }
}

const SPOKEN: Record<Application, string> = { http: 'HTTP', https: 'TLS', dns: 'DNS' };

/** One program listens on a port of a real server: it cannot speak TLS to one service and plain text to another. */
export function checkApplications(references: References, problems: Problems): void {
  const spoken = new Map<string, { application: Application; at: Position }>();
  for (const service of references.draft.services)
    for (const { value, at } of portsOf(service) ?? []) {
      const places = references.serversOf(service).flatMap(({ entry, referent }) => {
        const port = serverPort(service, entry, value);
        return port === undefined
          ? []
          : referent.names.map((node) => ({ node, port, key: `${node}:${port}` }));
      });
      const clash = places.find(({ key }) => (spoken.get(key) ?? value).application !== value.application);
      const first = spoken.get(clash?.key ?? '');
      if (clash !== undefined && first !== undefined)
        problems.add(
          at,
          `real server "${clash.node}" cannot speak ${SPOKEN[value.application]} on port ${clash.port} here and ${SPOKEN[first.application]} for the service on ${onLine(first.at)}`,
          'one program listens on a port: take another port, or say the same of both (`tls`)',
        );
      for (const { key } of places)
        if (!spoken.has(key)) spoken.set(key, { application: value.application, at });
    }
}
