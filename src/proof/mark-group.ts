import type { PlannedService } from '../plan/types.ts';
import type { Reply } from '../traffic/replies.ts';
import type { Check } from './check.ts';
import { listText } from './evidence.ts';

/** The services that a mark makes one to their directors. */
export function markGroups(services: PlannedService[]): PlannedService[][] {
  const groups = new Map<string, PlannedService[]>();
  for (const service of services) {
    if (service.mark === undefined) continue;
    const key = `${service.mark} ${service.directors.join()}`;
    groups.set(key, [...(groups.get(key) ?? []), service]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** A reply and what was asked. */
export interface GroupReply {
  service: PlannedService;
  reply: Reply;
}

/** Requests to each service of a group, turn about, that show it to be one; 0 where its scheduler shows nothing so. */
export function turnsFor([service]: PlannedService[]): number {
  if (service === undefined || service.persistence !== undefined || service.scheduler !== 'rr') return 0;
  return 2 * usable(service).length;
}

function usable(service: PlannedService): PlannedService['servers'] {
  return service.servers.filter((server) => server.weight > 0);
}

/**
 * Whether a persistent group keeps each client with one real server, on whichever of its ports it asks.
 * @param replies to all of the group's services
 */
export function judgePersistentGroup(group: PlannedService[], replies: GroupReply[]): Check {
  const { ports, ...base } = about(group);
  const clients = [...new Set(replies.map(({ reply }) => reply.client))];
  if (replies.length === 0 || replies.some(({ reply }) => reply.server === undefined))
    return { ...base, outcome: 'unknown', detail: `${ports}: not every request was answered` };
  const homes = clients.map((client) => {
    const own = replies.filter(({ reply }) => reply.client === client);
    return { client, own, servers: [...new Set(own.map(({ reply }) => reply.server ?? ''))] };
  });
  const torn = homes.filter(({ servers }) => servers.length > 1);
  return {
    ...base,
    outcome: torn.length === 0 ? 'pass' : 'fail',
    detail:
      torn.length === 0
        ? `${ports}: ${homes.map(({ client, servers }) => `${client} only ${servers.join()}`).join(', ')}`
        : `${listText(torn.map(({ client }) => client))} came to several real servers: ${ports} are not one persistent service`,
    evidence: torn.flatMap(({ client, own }) =>
      group.map((service) => {
        const servers = own.filter((o) => o.service === service).map(({ reply }) => reply.server ?? '');
        return `${client} on ${portText(service)}: ${listText([...new Set(servers)])}`;
      }),
    ),
  };
}

/** Whether one round robin runs over all of a group's services, asked turn about by one client. */
export function judgeCommonRound(group: PlannedService[], replies: GroupReply[]): Check {
  const { ports, ...base } = about(group);
  const servers = replies.map(({ reply }) => reply.server ?? '-');
  const round = group[0] === undefined ? 0 : usable(group[0]).length;
  if (servers.length === 0 || servers.includes('-'))
    return { ...base, outcome: 'unknown', detail: `${ports}: not every request was answered` };
  // As many requests as there are real servers come to all of them, wherever one begins to count.
  const windows = servers.slice(0, servers.length - round + 1).map((_, i) => servers.slice(i, i + round));
  const kept = windows.every((window) => new Set(window).size === round);
  const text = `${ports}, turn about: ${servers.join(' ')}`;
  return {
    ...base,
    outcome: kept ? 'pass' : 'fail',
    detail: kept ? `${text}: one round robin` : `${text}: not one round robin for all`,
  };
}

function about(group: PlannedService[]): Pick<Check, 'id' | 'title' | 'evidence'> & { ports: string } {
  const mark = group[0]?.mark ?? 0;
  return {
    id: `mark-${mark}`,
    title: `mark ${mark}: one service`,
    evidence: [],
    ports: `ports ${listText(group.map(portText))}`,
  };
}

function portText({ port, protocol }: PlannedService): string {
  return protocol === 'tcp' ? String(port) : `${port}/${protocol}`;
}
