import type { Counters, TableService } from './table.ts';

/** What differs between two looks at a director's table, in words: `tcp VIP:80: rs1 weight 1 → 0`. */
export function changesBetween(
  before: TableService[],
  after: TableService[],
  nameOf: (server: string) => string = (server) => server,
): string[] {
  const was = new Map(before.map((service) => [service.service, service]));
  const is = new Set(after.map((service) => service.service));
  return [
    ...before.filter((s) => !is.has(s.service)).map((s) => `${s.service} removed`),
    ...after.flatMap((service) => {
      const old = was.get(service.service);
      if (old === undefined) {
        const servers = service.servers.map((s) => nameOf(s.server)).join(', ');
        return [`${service.service} added: ${service.scheduler}${servers === '' ? '' : `, ${servers}`}`];
      }
      return [
        ...changed(old, service, 'scheduler'),
        ...changed(old, service, 'flags'),
        ...serverChanges(old, service, nameOf),
      ].map((text) => `${service.service}: ${text}`);
    }),
  ];
}

function serverChanges(
  before: TableService,
  after: TableService,
  nameOf: (server: string) => string,
): string[] {
  const was = new Map(before.servers.map((server) => [server.server, server]));
  const is = new Set(after.servers.map((server) => server.server));
  return [
    ...before.servers.filter((s) => !is.has(s.server)).map((s) => `${nameOf(s.server)} removed`),
    ...after.servers.flatMap((server) => {
      const old = was.get(server.server);
      const name = nameOf(server.server);
      if (old === undefined) return [`${name} added, weight ${server.weight}`];
      return [...changed(old, server, 'weight'), ...changed(old, server, 'method')].map(
        (text) => `${name} ${text}`,
      );
    }),
  ];
}

function changed<T>(before: T, after: T, key: keyof T & string): string[] {
  const text = (value: unknown) => (value === '' ? 'none' : String(value));
  return before[key] === after[key] ? [] : [`${key} ${text(before[key])} → ${text(after[key])}`];
}

/**
 * Counters as rates, per second. Where a counter went backwards the service was made anew: it counts from nothing.
 * @param seconds that lie between the two
 */
export function ratesBetween(before: Counters | undefined, after: Counters, seconds: number): Counters {
  const rate = (key: keyof Counters) => {
    const old = before?.[key] ?? 0;
    return seconds <= 0 ? 0 : (after[key] >= old ? after[key] - old : after[key]) / seconds;
  };
  return {
    connections: rate('connections'),
    packetsIn: rate('packetsIn'),
    packetsOut: rate('packetsOut'),
    bytesIn: rate('bytesIn'),
    bytesOut: rate('bytesOut'),
  };
}
